from pathlib import Path

import pytest

from samples import figure, read, results, values
from slowlens.facts.live.imported import Metric


def test_aggregates_are_milliseconds_and_kept_as_told() -> None:
    (result,) = results("vllm-serve.json")
    tpot = figure(result, Metric.TPOT)
    assert (tpot.mean, tpot.median, tpot.p90, tpot.p99) == (0.0115, 0.011, None, 0.016)
    assert (tpot.n, tpot.samples) == (None, ())
    assert figure(result, Metric.TTFT).n == 200
    assert figure(result, Metric.E2E).mean == pytest.approx(1.58)
    assert (result.comparable, result.recomputed) == (True, False)
    assert "first token is not in it" in result.definition
    assert (result.model, result.created) == ("acme/merged-7b", "2026-03-14T09:15:00")
    assert result.settings == {
        "concurrency": 8,
        "request_rate": "inf",
        "input_length": 512.0,
        "output_length": 128.0,
        "backend": "vllm",
    }
    assert result.missing == ("version", "dtype", "device", "itl")


def test_chunk_gaps_are_not_inter_token_latencies() -> None:
    (result,) = results("vllm-serve.json")
    assert result.figure(Metric.ITL) is None
    assert figure(result, Metric.ICL).mean == 0.0114
    assert "between chunks" in result.notes[0]


def test_raw_requests_are_computed_anew_and_the_failed_one_is_left_out() -> None:
    (result,) = results("vllm-serve-detailed.json")
    tpot = figure(result, Metric.TPOT)
    assert tpot.samples == pytest.approx((0.03, 0.04))
    assert (tpot.mean, tpot.n) == (pytest.approx(0.035), 2)
    assert figure(result, Metric.TTFT).samples == (0.1, 0.2)
    assert figure(result, Metric.E2E).samples == pytest.approx((0.19, 0.24))
    assert result.recomputed
    assert "recomputed from each request" in result.definition


def test_one_token_a_chunk_makes_them_inter_token_latencies() -> None:
    (result,) = results("vllm-serve-detailed.json")
    assert result.figure(Metric.ICL) is None
    assert figure(result, Metric.ITL).samples == (0.02, 0.02, 0.05, 0.04)
    assert "brought one token" in result.notes[0]


def test_chunks_of_several_tokens_change_neither_tpot_nor_e2e(tmp_path: Path) -> None:
    row = values("vllm-serve-detailed.json")
    row["output_lens"] = [7, 2, 0]
    (result,) = read(tmp_path / "x.json", row)
    assert result.figure(Metric.ITL) is None
    assert figure(result, Metric.ICL).n == 4
    assert figure(result, Metric.TPOT).samples == pytest.approx((0.015, 0.04))
    assert "between chunks" in result.notes[0]


@pytest.mark.parametrize("date", ["", "20260314", "2026-03-14", "yyyymmdd-hhmmss", "20260314-0915"])
def test_a_date_of_another_form_is_not_guessed_at(tmp_path: Path, date: str) -> None:
    (result,) = read(tmp_path / "x.json", values("vllm-serve.json") | {"date": date})
    assert result.created == ""
    assert "created" in result.missing


def test_a_latency_that_is_told_goes_before_the_sum_of_gaps(tmp_path: Path) -> None:
    row = values("vllm-serve-detailed.json") | {"latencies": [0.25, 0.24, 0.0]}
    (result,) = read(tmp_path / "x.json", row)
    assert figure(result, Metric.E2E).samples == (0.25, 0.24)
    assert figure(result, Metric.TPOT).samples == pytest.approx((0.05, 0.04))


def test_latencies_are_there_without_the_other_details(tmp_path: Path) -> None:
    row = values("vllm-serve.json") | {"latencies": [1.0, 0.0, 2.0]}
    (result,) = read(tmp_path / "x.json", row)
    assert figure(result, Metric.E2E).samples == (1.0, 2.0)
    assert figure(result, Metric.TPOT).mean == 0.0115
    assert not result.recomputed


def test_an_answer_of_one_token_has_no_tpot(tmp_path: Path) -> None:
    row = values("vllm-serve-detailed.json") | {"output_lens": [1, 2, 0], "itls": [[], [0.04], []]}
    (result,) = read(tmp_path / "x.json", row)
    assert figure(result, Metric.TPOT).n == 1
    assert figure(result, Metric.TTFT).n == 2


@pytest.mark.parametrize(
    "change", [{"output_lens": [4, 0, 0]}, {"ttfts": [0.1, 0.0, 0.0]}], ids=["no token", "no first"]
)
def test_a_request_without_a_token_does_not_count(
    tmp_path: Path, change: dict[str, list[float]]
) -> None:
    (result,) = read(tmp_path / "x.json", values("vllm-serve-detailed.json") | change)
    assert [figure(result, name).n for name in (Metric.TTFT, Metric.TPOT, Metric.E2E)] == [1, 1, 1]


def test_lists_that_do_not_fit_each_other_are_not_used(tmp_path: Path) -> None:
    row = values("vllm-serve-detailed.json") | {"output_lens": [4, 2]}
    (result,) = read(tmp_path / "x.json", row)
    assert not result.recomputed
    assert figure(result, Metric.TPOT).mean == pytest.approx(0.999)
    assert "recomputed" not in result.definition


def test_zero_is_what_was_not_measured(tmp_path: Path) -> None:
    """Without streaming there is no first token, and the tool writes means of nothing."""
    row = values("vllm-serve.json") | {"mean_ttft_ms": 0.0, "median_ttft_ms": 0.0}
    (result,) = read(tmp_path / "x.json", row)
    assert result.figure(Metric.TTFT) is None
    assert "ttft" in result.missing


def test_no_limit_of_concurrency_is_told_as_such(tmp_path: Path) -> None:
    row = values("vllm-serve.json") | {"max_concurrency": None}
    (result,) = read(tmp_path / "x.json", row)
    assert result.settings["concurrency"] == "unlimited"


def test_a_batch_has_an_end_to_end_latency_and_no_tpot() -> None:
    (result,) = results("vllm-latency.json")
    assert [f.name for f in result.figures] == [Metric.E2E]
    assert figure(result, Metric.E2E).samples == (0.4, 0.5, 0.6)
    assert not result.comparable
    assert "not told" in result.definition


def test_a_throughput_with_the_prompts_in_it_is_no_output_throughput() -> None:
    (result,) = results("vllm-throughput.json")
    assert [f.name for f in result.figures] == [Metric.TOTAL]
    assert figure(result, Metric.TOTAL).mean == 3200
    assert "prompts" in result.notes[0]
