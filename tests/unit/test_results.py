"""The figures of a page on results are those of the run files beside it."""

import gzip
from functools import cache
from pathlib import Path

import pytest

from slowlens.codec import decode
from slowlens.facts.live.answer_time import answer_time
from slowlens.facts.live.explanation import waterfall, waterfalls
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.prediction import predictions
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.facts.live.waterfall import Share
from slowlens.reports.measurement import render

FOLDER = Path(__file__).parents[2] / "docs" / "results"
PAGE = (FOLDER / "origin-case.md").read_text(encoding="utf-8")
SEVERAL = (FOLDER / "several-gpus.md").read_text(encoding="utf-8")


@cache
def measured(name: str) -> Measurement:
    text = gzip.decompress((FOLDER / name).read_bytes()).decode()
    found = decode(text).measurement
    assert found
    return found


@pytest.mark.parametrize("name", ["origin-case-8000.json.gz", "origin-case-7000.json.gz"])
def test_the_seconds_of_every_run_are_in_the_table(name: str) -> None:
    found = measured(name)
    for setting in (Cache.AS_SHIPPED, Cache.ON, Cache.STATIC):
        time = answer_time(found, Subject.MERGED, setting)
        assert time
        digits = 2 if setting is Cache.STATIC else 1
        runs = ", ".join(f"{seconds:.{digits}f}" for seconds in time.runs)
        assert f"| {time.seconds:.{digits}f} ({runs}) |" in PAGE


@pytest.mark.parametrize("name", ["origin-case-8000.json.gz", "origin-case-7000.json.gz"])
def test_the_parts_of_a_token_are_in_the_table(name: str) -> None:
    for each in waterfalls(measured(name)):
        if each.cache is Cache.OFF:
            continue
        for part in each.parts:
            milliseconds = f"{part.seconds * 1000:#.3g}".rstrip(".")
            shown = milliseconds if part.seconds >= 0.001 else f"{part.seconds * 1000:.2f}"
            assert f"{shown} ({100 * part.seconds / each.tpot:.0f} %)" in PAGE


def test_the_errors_of_predictions_are_those_of_the_run_that_was_waited_for() -> None:
    (whole,) = measured("origin-case-7000-full.json.gz").find(
        Subject.MERGED, Cache.OFF, Purpose.SPEED
    )
    found = measured("origin-case-7000.json.gz")
    for setting in (Cache.AS_SHIPPED, Cache.OFF):
        for each in predictions(found, Subject.MERGED, setting):
            error = 100 * (each.total / whole.total_seconds - 1)
            assert f"| {each.total:.1f} s | {error:+.1f} % |" in PAGE


def test_the_figures_of_several_gpus_are_those_of_their_runs() -> None:
    runs = [measured(f"several-gpus-{way}.json.gz") for way in ("alone", "tp", "map")]
    models = [run.models[0] for run in runs]
    placed = [", ".join(f"{size / 1e9:.2f}" for size in each.placed.values()) for each in models]
    assert f"| weights on the first and second GPU, GB | {' | '.join(placed)} |" in SEVERAL
    read = [f"{each.weights_read / 1e9:.2f}" for each in models]
    assert "| read for a token, GB | {} | {} of each | {} |".format(*read) in SEVERAL
    for setting in (Cache.AS_SHIPPED, Cache.STATIC):
        found = [speed_of(run, Subject.MERGED, setting) for run in runs]
        shown = " | ".join(f"{1000 * speed.tpot:#.3g}" for speed in found if speed)
        name = "static cache" if setting is Cache.STATIC else setting
        assert f"| ms per token, {name} | {shown} |" in SEVERAL
    first = [w.first for run in runs for w in run.warm_ups if w.cache is Cache.STATIC][::2]
    assert f"static cache, s | {' | '.join(f'{seconds:.1f}' for seconds in first)} |" in SEVERAL
    shipped = [waterfall(run, Subject.MERGED, Cache.AS_SHIPPED) for run in runs]
    for share in (Share.FLOOR, Share.BUSY, Share.PLANS, Share.LAUNCH, Share.REST):
        parts = [1000 * each.seconds(share) for each in shipped if each]
        row = " | ".join(f"{part:#.3g}" if part >= 1 else f"{part:.2f}" for part in parts)
        assert f"| {share} | {row} |" in SEVERAL


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_example_of_a_run_is_a_real_one(page: str) -> None:
    text = (FOLDER.parents[1] / page).read_text(encoding="utf-8")
    example = text[text.index("\ntrial  ") :].partition("\n```")[0]
    shown = [line.removesuffix("…") for line in example.splitlines() if line]
    said = render(measured("origin-case-8000.json.gz"))
    assert len(shown) > 10
    assert [line for line in shown if line not in said] == []
