from pathlib import Path

import pytest

from samples import figure, read, results, values
from slowlens.facts.live.imported import Metric


def test_prompt_and_generation_of_the_same_settings_are_one_result() -> None:
    shallow, deep = results("llama-bench.json")
    assert figure(shallow, Metric.PREFILL).samples == pytest.approx((5120, 4000))
    assert figure(shallow, Metric.DECODE).samples == pytest.approx((100, 66.6667))
    assert (shallow.settings["depth"], deep.settings["depth"]) == (0, 4096)
    assert deep.figure(Metric.PREFILL) is None


def test_nanoseconds_of_a_test_are_seconds_of_a_token() -> None:
    shallow, deep = results("llama-bench.json")
    assert figure(shallow, Metric.TPOT).samples == pytest.approx((0.01, 0.015))
    assert figure(deep, Metric.TPOT).mean == pytest.approx(0.02)


def test_neither_tokenising_nor_sampling_is_in_it() -> None:
    (result, _) = results("llama-bench.json")
    assert not result.comparable
    assert "neither tokenising nor sampling is timed" in result.definition
    assert "there is no first token" in result.definition
    assert result.missing == ("ttft", "itl")


def test_a_prompt_with_generation_is_a_time_and_no_speed(tmp_path: Path) -> None:
    mixed = values("llama-bench.json")[2]
    (result,) = read(tmp_path / "x.json", [mixed])
    assert [f.name for f in result.figures] == [Metric.E2E]
    assert figure(result, Metric.E2E).samples == pytest.approx((1.4, 1.8))
    assert "no decode speed" in result.notes[0]


def test_lines_tell_the_same_as_a_list() -> None:
    assert results("llama-bench.jsonl") == results("llama-bench.json")


def test_csv_tells_means_without_samples() -> None:
    (result,) = results("llama-bench.csv")
    tpot = figure(result, Metric.TPOT)
    assert (tpot.mean, tpot.n, tpot.samples) == (pytest.approx(0.0125), None, ())
    assert figure(result, Metric.PREFILL).mean == pytest.approx(4560)
    assert result.settings["output_length"] == 128
    assert result.settings["gpu_layers"] == 99


def test_other_settings_are_another_result(tmp_path: Path) -> None:
    rows = values("llama-bench.json")[:2]
    rows[1]["n_gpu_layers"] = 0
    assert len(read(tmp_path / "x.json", rows)) == 2


def test_two_lengths_of_generation_are_two_results(tmp_path: Path) -> None:
    rows = values("llama-bench.json")
    longer = rows[1] | {"n_gen": 256, "samples_ns": [5_120_000_000], "samples_ts": [50.0]}
    first, second = read(tmp_path / "x.json", [*rows[:2], longer])
    assert first.figure(Metric.PREFILL) is not None
    assert figure(second, Metric.TPOT).mean == pytest.approx(0.02)


def test_the_device_is_the_gpu_or_else_the_cpu(tmp_path: Path) -> None:
    (result, _) = results("llama-bench.json")
    assert result.settings["device"] == "Example GPU 80GB"
    row = values("llama-bench.json")[1] | {"gpu_info": ""}
    (cpu,) = read(tmp_path / "x.json", [row])
    assert cpu.settings["device"] == "Example CPU"
    assert (cpu.version, cpu.model) == ("6000 0a1b2c3d", "models/merged-7b-q4_k_m.gguf")
