from pathlib import Path

import pytest

from samples import figure, read, results, values
from slowlens.facts.live.imported import Metric


def test_its_own_tpot_has_the_first_token_in_it() -> None:
    _, aggregated = results("guidellm.json")
    assert figure(aggregated, Metric.TPOT).mean == pytest.approx(0.02647)
    assert figure(aggregated, Metric.TPOT).n == 17
    assert not aggregated.comparable
    assert not aggregated.recomputed
    assert "with the first token" in aggregated.definition
    assert "recomputed" not in aggregated.definition


def test_the_first_token_is_taken_out_again_where_requests_are_there() -> None:
    raw, _ = results("guidellm.json")
    assert figure(raw, Metric.TPOT).samples == pytest.approx((0.023, 0.014))
    assert raw.comparable
    assert raw.recomputed
    assert "recomputed" in raw.definition


def test_that_is_what_it_calls_the_inter_token_latency_of_a_request() -> None:
    raw, _ = results("guidellm.json")
    requests = values("guidellm.json")["benchmarks"][0]["requests"]["successful"]
    own = [request["inter_token_latency_ms"] / 1000 for request in requests]
    assert figure(raw, Metric.TPOT).samples == pytest.approx(own)


def test_an_answer_of_one_token_has_no_tpot(tmp_path: Path) -> None:
    report = values("guidellm.json")
    report["benchmarks"][0]["requests"]["successful"][0]["output_tokens"] = 1
    raw, _ = read(tmp_path / "x.json", report)
    assert figure(raw, Metric.TPOT).n == 1


def test_of_its_inter_token_latency_only_the_mean_is_of_tokens() -> None:
    raw, _ = results("guidellm.json")
    itl = figure(raw, Metric.ITL)
    assert (itl.mean, itl.median, itl.p90, itl.n) == (pytest.approx(0.02), None, None, 15)


def test_latency_is_in_seconds_and_the_rest_in_milliseconds() -> None:
    raw, _ = results("guidellm.json")
    assert figure(raw, Metric.E2E).mean == pytest.approx(0.2255)
    assert figure(raw, Metric.TTFT).mean == pytest.approx(0.075)


def test_rates_over_the_run_are_neither_prefill_nor_a_distribution_of_requests() -> None:
    raw, _ = results("guidellm.json")
    assert raw.figure(Metric.PREFILL) is None
    output = figure(raw, Metric.OUTPUT)
    assert (output.mean, output.median, output.p99) == (37.5, None, None)
    assert "no prefill speed" in raw.notes[1]


def test_what_the_file_tells_of_each_load() -> None:
    concurrent, constant = results("guidellm.json")
    assert (concurrent.version, concurrent.model) == ("0.4.0", "acme/merged-7b")
    assert concurrent.created == "2026-03-14T09:15:00+00:00"
    assert (concurrent.settings["concurrency"], constant.settings["request_rate"]) == (4, 2.0)
    assert "concurrency" in constant.missing
    assert concurrent.missing == ("dtype", "device")


def test_older_reports_keep_model_and_load_elsewhere(tmp_path: Path) -> None:
    report = values("guidellm.json")
    del report["metadata"], report["args"]
    for benchmark in report["benchmarks"]:
        benchmark["args"] = {"strategy": benchmark.pop("config")["strategy"]}
        benchmark["worker"] = {"backend_model": "acme/older", "backend_type": "openai_http"}
    first, _ = read(tmp_path / "x.json", report)
    assert (first.version, first.model) == ("", "acme/older")
    assert first.settings["concurrency"] == 4
