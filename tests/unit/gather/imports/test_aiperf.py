from pathlib import Path

import pytest

from samples import figure, read, results, values
from slowlens.facts.live.imported import Metric


def test_its_inter_token_latency_is_our_tpot_and_no_itl() -> None:
    (result,) = results("aiperf-summary.json")
    tpot = figure(result, Metric.TPOT)
    assert (tpot.mean, tpot.median, tpot.p90) == pytest.approx((0.013, 0.0129, 0.014))
    assert tpot.n == 40
    assert result.figure(Metric.ITL) is None
    assert figure(result, Metric.ICL).mean == pytest.approx(0.026)
    assert result.comparable
    assert "inter token latency" in result.definition


def test_the_throughput_of_a_user_is_decode_speed_and_that_of_all_is_not() -> None:
    (result,) = results("aiperf-summary.json")
    assert figure(result, Metric.DECODE).mean == 77
    assert figure(result, Metric.OUTPUT).mean == 200


def test_what_the_file_tells_of_the_run() -> None:
    (result,) = results("aiperf-summary.json")
    assert (result.version, result.model) == ("0.5.0", "acme/merged-7b")
    assert result.created == "2026-03-14T09:15:00.250000"
    assert result.settings["device"] == "Example GPU 80GB"
    assert result.settings["concurrency"] == 4
    assert result.missing == ("dtype", "itl")


@pytest.mark.parametrize("gpu", [None, "x", {}, {"gpu_name": ""}, {"gpu_name": 3}])
def test_a_gpu_without_a_name_is_no_device(tmp_path: Path, gpu: object) -> None:
    row = values("aiperf-summary.json")
    row["telemetry_data"]["endpoints"] = {"a": {"gpus": {"0": gpu}}, "b": None}
    (result,) = read(tmp_path / "x.json", row)
    assert "device" in result.missing


def test_a_later_config_names_its_models_otherwise(tmp_path: Path) -> None:
    row = values("aiperf-summary.json")
    row["input_config"] = {"models": {"items": [{"name": "acme/other"}]}}
    (result,) = read(tmp_path / "x.json", row)
    assert result.model == "acme/other"


@pytest.mark.parametrize(("unit", "seconds"), [("ns", 13e-9), ("us", 13e-6), ("s", 13.0)])
def test_the_unit_counts(tmp_path: Path, unit: str, seconds: float) -> None:
    row = values("aiperf-summary.json")
    row["inter_token_latency"]["unit"] = unit
    (result,) = read(tmp_path / "x.json", row)
    assert figure(result, Metric.TPOT).mean == pytest.approx(seconds)


def test_a_unit_that_nobody_knows_is_no_figure(tmp_path: Path) -> None:
    row = values("aiperf-summary.json")
    row["inter_token_latency"]["unit"] = "fortnights"
    (result,) = read(tmp_path / "x.json", row)
    assert result.figure(Metric.TPOT) is None
    assert "tpot" in result.missing


def test_its_predecessor_has_no_version() -> None:
    (result,) = results("aiperf-genai.json")
    assert (result.tool, result.version, result.model) == ("GenAI-Perf", "", "acme/merged-7b")
    assert result.settings["concurrency"] == 2
    assert "version" in result.missing


def test_records_are_computed_anew_without_warm_up_and_failures() -> None:
    (result,) = results("aiperf-records.jsonl")
    assert figure(result, Metric.TPOT).samples == pytest.approx((0.02, 0.015))
    assert figure(result, Metric.TTFT).samples == pytest.approx((0.1, 0.2))
    assert figure(result, Metric.E2E).samples == pytest.approx((0.3, 0.26))
    assert result.recomputed
    assert "recomputed from each request" in result.definition


def test_the_chunks_of_records_are_no_tokens() -> None:
    (result,) = results("aiperf-records.jsonl")
    assert figure(result, Metric.ICL).samples == pytest.approx((0.1, 0.1, 0.06))
    assert result.figure(Metric.ITL) is None


def test_records_tell_when_and_how_long() -> None:
    (result,) = results("aiperf-records.jsonl")
    assert result.created == "2026-03-14T09:15:00+00:00"
    assert result.settings == {"input_length": 500.0, "output_length": 8.0}
    assert "model" in result.missing


@pytest.mark.parametrize("change", [{"was_cancelled": True}, {"benchmark_phase": "warmup"}])
def test_a_record_that_does_not_count(tmp_path: Path, change: dict[str, object]) -> None:
    rows = values("aiperf-records.jsonl")
    rows[1]["metadata"] |= change
    (result,) = read(tmp_path / "x.jsonl", rows)
    assert figure(result, Metric.TPOT).n == 1
