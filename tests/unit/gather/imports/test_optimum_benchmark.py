from pathlib import Path

import pytest

from samples import figure, read, results, values
from slowlens.facts.live.imported import Metric


def test_decode_over_the_tokens_after_the_first_is_tpot() -> None:
    (result,) = results("optimum-benchmark.json")
    assert figure(result, Metric.TPOT).samples == pytest.approx((0.01, 0.01))
    assert figure(result, Metric.TTFT).samples == (0.1, 0.3)
    assert figure(result, Metric.ITL).n == 20
    assert result.comparable
    assert result.recomputed
    assert "before their token is chosen" in result.definition


def test_it_overrides_what_the_checkpoint_ships() -> None:
    for name in ("optimum-benchmark.json", "optimum-benchmark-report.json"):
        (result,) = results(name)
        assert "use_cache" in result.notes[0]


def test_the_decode_throughput_of_a_batch_is_shared_out() -> None:
    (result,) = results("optimum-benchmark.json")
    assert figure(result, Metric.DECODE).mean == pytest.approx(100)


def test_samples_per_second_are_no_tokens_per_second() -> None:
    """Its prefill throughput is 10 samples a second, each of 64 tokens."""
    (result,) = results("optimum-benchmark.json")
    assert figure(result, Metric.PREFILL).samples == pytest.approx((1280, 426.667))
    assert result.figure(Metric.OUTPUT) is None


def test_what_the_config_tells() -> None:
    (result,) = results("optimum-benchmark.json")
    assert (result.version, result.model) == ("0.6.0", "acme/merged-7b")
    assert result.settings == {
        "batch": 2,
        "input_length": 64,
        "output_length": 100,
        "dtype": "bfloat16",
        "device": "Example GPU 80GB",
        "backend": "pytorch",
    }
    assert result.missing == ("created",)


def test_a_report_alone_tells_no_tpot_and_no_speed() -> None:
    (result,) = results("optimum-benchmark-report.json")
    assert [f.name for f in result.figures] == [Metric.TTFT, Metric.ITL, Metric.E2E]
    assert not result.comparable
    assert not result.recomputed
    assert "TPOT is not told" in result.definition
    assert "left out" in result.notes[1]


def test_without_hooks_the_prefill_is_that_of_other_calls(tmp_path: Path) -> None:
    row = values("optimum-benchmark.json")
    del row["report"]["per_token"]
    (result,) = read(tmp_path / "x.json", row)
    assert not result.comparable
    assert "other calls" in result.definition
    assert result.figure(Metric.ITL) is None


def test_the_tool_has_its_own_length(tmp_path: Path) -> None:
    row = values("optimum-benchmark.json")
    row["config"]["scenario"]["generate_kwargs"] = {}
    (result,) = read(tmp_path / "x.json", row)
    assert result.settings["output_length"] == 100


def test_another_unit_is_not_read_as_seconds(tmp_path: Path) -> None:
    row = values("optimum-benchmark.json")
    row["report"]["decode"]["latency"]["unit"] = "ms"
    (result,) = read(tmp_path / "x.json", row)
    assert result.figure(Metric.TPOT) is None
    assert not result.recomputed
