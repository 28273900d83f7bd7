"""The page on how often a verdict is wrong says what a simulation says today."""

import json
import runpy
import sys
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "calibrate_verdict.py"
REPEATS = 2000


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    return runpy.run_path(str(TOOL))


@pytest.fixture(scope="module")
def table(tool: dict[str, Any]) -> dict[tuple[str, int, float], tuple[float, float]]:
    """The shares of FAIL and of INCONCLUSIVE by scenario, runs a side and true ratio."""
    page = tool["PAGE"].read_text(encoding="utf-8")
    section = page.partition("<!-- begin simulation -->")[2].partition("<!-- end")[0]
    found = {}
    for line in section.strip().splitlines()[2:]:
        name, runs, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        for ratio, cell in zip(tool["RATIOS"], cells, strict=True):
            fail, undecided = cell.split(" / ")
            found[name, int(runs), ratio] = (float(fail) / 100, float(undecided) / 100)
    return found


def scenarios(tool: dict[str, Any]) -> dict[str, Any]:
    return {scenario.name: scenario for scenario in tool["SCENARIOS"]}


def test_every_cell_is_there(
    tool: dict[str, Any], table: dict[tuple[str, int, float], tuple[float, float]]
) -> None:
    names, runs, ratios = scenarios(tool), tool["RUNS"], tool["RATIOS"]
    assert {*table} == {(name, n, ratio) for name in names for n in runs for ratio in ratios}


@pytest.mark.parametrize(
    ("name", "runs", "ratio"),
    [
        ("even noise, CV 5 %", 3, 1.2),
        ("even noise, CV 10 %", 5, 1.0),
        ("even noise, CV 20 %", 3, 1.5),
        ("heavy tails, scale 8 %", 3, 1.5),
        ("drift of 5 %", 3, 1.05),
        ("switches, 1.6 times", 5, 2.0),
        ("switches, 1.3 times, equal work beside it", 5, 1.2),
        ("drift of 15 %, all A before all B", 8, 1.1),
    ],
)
def test_the_table_says_what_a_simulation_says(
    tool: dict[str, Any],
    table: dict[tuple[str, int, float], tuple[float, float]],
    name: str,
    runs: int,
    ratio: float,
) -> None:
    found = tool["rates"](scenarios(tool)[name], runs, ratio, REPEATS, seed=7)
    for here, page in zip(found, table[name, runs, ratio], strict=True):
        assert here == pytest.approx(page, abs=0.005 + 4 * sqrt(page * (1 - page) / REPEATS))


def test_equal_sides_that_alternate_hardly_ever_raise_an_alarm(
    tool: dict[str, Any], table: dict[tuple[str, int, float], tuple[float, float]]
) -> None:
    for name, scenario in scenarios(tool).items():
        if scenario.interleaved:
            assert max(table[name, runs, 1.0][0] for runs in tool["RUNS"]) <= 0.05
            assert tool["rates"](scenario, 3, 1.0, REPEATS, seed=7)[0] <= 0.05


def test_real_pairs_fill_their_section_alone(
    tool: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [
        {"machine": "two cores", "a": [0.101, 0.1, 0.099], "b": [0.1, 0.1, 0.1]},
        {"machine": "two cores", "a": [0.13, 0.131, 0.13], "b": [0.1, 0.1, 0.1]},
        {"machine": "one GPU", "a": [0.02], "b": [0.04]},
    ]
    file, page = tmp_path / "pairs.json", tmp_path / "page.md"
    file.write_text(json.dumps(pairs))
    before = tool["PAGE"].read_text(encoding="utf-8")
    page.write_text(before, encoding="utf-8")
    monkeypatch.setitem(tool["main"].__globals__, "PAGE", page)
    monkeypatch.setattr(sys, "argv", ["calibrate_verdict.py", "--real", str(file)])
    tool["main"]()
    after = page.read_text(encoding="utf-8")
    assert "| two cores | 2 | 3, 3 | 0.2 % | 1.30 | 1 | 1 of 2 (at most 97 %) | 0 |" in after
    assert "| one GPU | 1 | 1, 1 | n/a | 0.50 | 0 | 0 of 1 (at most 95 %) | 1 |" in after
    sections = [text.partition("<!-- begin real -->")[0] for text in (before, after)]
    assert sections[0] == sections[1]
    assert before.rpartition("<!-- end real -->")[2] == after.rpartition("<!-- end real -->")[2]
