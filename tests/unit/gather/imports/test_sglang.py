from pathlib import Path

import pytest

from samples import figure, read, results, values
from slowlens.facts.live.imported import Metric


def test_each_line_is_a_result() -> None:
    told, raw = results("sglang-serving.jsonl")
    assert figure(told, Metric.TPOT).mean == pytest.approx(0.013)
    assert figure(told, Metric.E2E).median == pytest.approx(0.88)
    assert figure(told, Metric.ICL).p95 == pytest.approx(0.02)
    assert (told.comparable, told.recomputed, raw.recomputed) == (True, False, True)
    assert told.settings["concurrency"] == "unlimited"
    assert told.settings["request_rate"] == 4.0
    assert "model" in told.missing
    assert "recomputed" not in told.definition
    assert "between chunks" in told.notes[0]


def test_raw_requests_are_computed_anew_by_tokens_not_by_chunks() -> None:
    _, raw = results("sglang-serving.jsonl")
    assert figure(raw, Metric.TPOT).samples == pytest.approx((0.01, 0.02))
    assert figure(raw, Metric.ICL).n == 4
    assert raw.figure(Metric.ITL) is None
    assert "recomputed" in raw.definition
    assert "between chunks" in raw.notes[0]


def test_a_gap_for_each_token_may_be_a_chunk_shared_out(tmp_path: Path) -> None:
    row = values("sglang-serving.jsonl")[1] | {"output_lens": [3, 3]}
    (result,) = read(tmp_path / "x.jsonl", row)
    assert figure(result, Metric.ITL).n == 4
    assert "shared out" in result.notes[0]


def test_without_streaming_no_gap_is_known(tmp_path: Path) -> None:
    row = values("sglang-serving.jsonl")[1] | {"itls": [[], []]}
    (result,) = read(tmp_path / "x.jsonl", row)
    assert result.figure(Metric.TPOT) is None
    assert not result.recomputed


def test_infinity_is_a_request_rate(tmp_path: Path) -> None:
    row = values("sglang-serving.jsonl")[0] | {"request_rate": float("inf")}
    (result,) = read(tmp_path / "x.jsonl", row)
    assert result.settings["request_rate"] == "inf"


def test_one_batch_is_the_total_less_the_prefill_and_no_median_step() -> None:
    (result,) = results("sglang-one-batch.jsonl")
    assert figure(result, Metric.TPOT).mean == pytest.approx(0.03)
    assert figure(result, Metric.ITL).median == 0.02
    assert figure(result, Metric.TTFT).mean == 0.2
    assert result.recomputed
    assert "not timed" in result.definition
    assert result.settings["batch"] == 4
    assert "concurrency" not in result.missing


def test_the_rates_of_a_batch_are_told_apart() -> None:
    """Its decode throughput is of all sequences, its overall one counts the prompts."""
    (result,) = results("sglang-one-batch.jsonl")
    assert figure(result, Metric.DECODE).median == pytest.approx(50)
    assert figure(result, Metric.TOTAL).mean == 2409
    assert result.figure(Metric.OUTPUT) is None


def test_one_token_leaves_no_decode(tmp_path: Path) -> None:
    row = values("sglang-one-batch.jsonl")[0] | {"output_len": 1, "total_latency": 0.2}
    del row["median_decode_latency"]
    (result,) = read(tmp_path / "x.jsonl", row)
    assert result.figure(Metric.TPOT) is None
    assert result.figure(Metric.ITL) is None
    assert not result.recomputed
