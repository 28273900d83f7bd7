"""Which format a file is of, and what becomes of a file that is none."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from samples import FOLDER, NAMES, read, results, values
from slowlens.errors import ResultFileError
from slowlens.facts.live.imported import Metric
from slowlens.gather.imports import FORMATS, read_results
from slowlens.gather.imports.figures import MOST_SAMPLES, of_samples
from slowlens.gather.imports.parsing import read_rows


def of(form: Any) -> str:
    """How the samples of a format begin."""
    return str(form.__name__.rpartition(".")[2].replace("_", "-"))


@pytest.mark.parametrize("name", NAMES)
def test_each_sample_is_recognised_by_one_format_alone(name: str) -> None:
    rows = read_rows(FOLDER / name, "")
    (form,) = [form for form in FORMATS if form.recognises(rows)]
    assert name.startswith(of(form))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.__name__)
def test_each_format_names_its_source(form: Any) -> None:
    assert "https://" in form.__doc__
    samples = [name for name in NAMES if name.startswith(of(form))]
    assert any(form.recognises(read_rows(FOLDER / name, "")) for name in samples)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_its_unit_and_a_value(name: str) -> None:
    for result in results(name):
        assert result.figures
        assert result.definition.endswith(".")
        for found in result.figures:
            assert found.unit == found.name.unit == ("s" if len(found.name) < 5 else "tokens/s")
            assert (found.mean or found.median or 0) > 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is broken"),
        (b'{"a": 1}\n{"b"', "is broken"),
        (b"[1, 2]", "no JSON object"),
        (b"", "no JSON object"),
        (b'{"a": 1}', "no result of a benchmark"),
        (b'{"metrics": {}}', "no result of a benchmark"),
        (b'{"metadata": {"request_start_ns": 1}}', "no result of a benchmark"),
        (b'{"benchmarks": [{"metrics": {"ttft": 1}}]}', "no result of a benchmark"),
        (b"a,b\n1,2\n", "no result of a benchmark"),
        (b'a,b\n"1,2\n', "is broken"),
        (b"\xff\x00\xfe", "is broken"),
        (b'{"a":' * 100_000, "is broken"),
        (b"<!doctype html><p>login", "is a web page"),
    ],
)
def test_what_is_no_result_is_refused_with_the_formats(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(ResultFileError, match=message) as raised:
        read_results(path)
    names = [form.NAME.partition(" (")[0] for form in FORMATS]
    page = "is a web page" in message
    assert all((name in raised.value.hint) is not page for name in names), "it has its own hint"
    assert len(raised.value.hint) < 200


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultFileError, match=r"none\.json") as raised:
        read_results(tmp_path / "none.json")
    assert raised.value.hint == "Check the spelling."
    with pytest.raises(ResultFileError, match=r"is a folder\.$"):
        read_results(tmp_path)


def test_a_benchmark_of_which_no_request_succeeded_is_refused(tmp_path: Path) -> None:
    row = values("aiperf-records.jsonl")[-1]
    with pytest.raises(ResultFileError, match="no request succeeded"):
        read(tmp_path / "x.jsonl", row)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_powershell_writes_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.json"
    path.write_text((FOLDER / "llama-bench.json").read_text(), encoding=encoding)
    assert read_results(path) == results("llama-bench.json")


def test_a_text_inside_a_line_may_hold_other_ends_of_lines(tmp_path: Path) -> None:
    rows = values("sglang-serving.jsonl")
    rows[0]["generated_texts"] = ["one\u2028two\x85three"]
    path = tmp_path / "x.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join([*lines, "", ""]), encoding="utf-8")
    assert read_results(path) == results("sglang-serving.jsonl")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(".csv")])
@pytest.mark.parametrize("junk", [None, "x", -1, 0, 1e400, True, [], {}, [None, {}], [["x"], 3]])
def test_no_value_that_is_not_as_it_should_be_breaks_a_reader(
    tmp_path: Path, name: str, junk: Any
) -> None:
    content = values(name)
    for place in random.Random(name).sample(places := [*spots(content)], min(25, len(places))):
        changed = json.loads(json.dumps(content))
        holder = changed
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = junk
        try:
            read(tmp_path / "x.json", changed)
        except ResultFileError:
            continue


def spots(content: Any, *before: Any) -> Any:
    """Every place in JSON that holds a value."""
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in items:
        yield (*before, key)
        if isinstance(value, dict | list):
            yield from spots(value, *before, key)


def test_no_percentile_is_worked_out_that_the_sample_cannot_bear() -> None:
    few, more = (of_samples(Metric.TPOT, [float(i) for i in range(1, n + 1)]) for n in (35, 72))
    assert few
    assert more
    assert (few.median, few.p90, few.p95, few.p99) == (18.0, None, None, None)
    assert more.p90 == pytest.approx(64.9)
    assert more.p95 == pytest.approx(68.45)
    assert more.p99 is None


def test_too_many_raw_values_are_not_kept_though_all_count() -> None:
    found = of_samples(Metric.ICL, [1.0] * MOST_SAMPLES + [2.0])
    assert found
    assert (found.n, found.samples) == (MOST_SAMPLES + 1, ())
    assert found.mean == pytest.approx(1.0001, abs=1e-5)
