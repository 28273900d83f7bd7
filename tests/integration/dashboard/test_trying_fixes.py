"""Fixes that are tried before they are applied, and what was measured of them."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builders import CONFIG, GENERATION_CONFIG, write_json
from literals import generation, measurement
from pages import SLOW_CONFIG, Open, explained, press, said, slow_and_fast, store
from sessions import Session
from slowlens.facts.live.measurement import Measurement
from slowlens_dashboard.measuring import jobs as jobs_module


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def steady() -> Measurement:
    return measurement(*[generation(0.1, 0.1, 0.1)] * 3)


@pytest.mark.parametrize("together", [False, True])
def test_a_fix_that_was_tried_is_not_applied_to_other_files(
    open_page: Open, pair: tuple[Path, Path], together: bool
) -> None:
    run = store(pair, explained())
    at = open_page("fixes")
    if not together:
        at = at.button(key="apply-fix-0").click().run()
    (pair[0] / "tokenizer_config.json").write_text('{"padding_side": "right"}')
    now = bytes_of(pair[0])
    at = at.button(key="apply-all" if together else "write-fix").click().run()
    text = said(at).replace("`", "")
    assert "tokenizer_config.json changed after the fix was tried" in text
    assert "so nothing was written" in text
    assert bytes_of(pair[0]) == now
    (pair[0] / "tokenizer_config.json").unlink()
    os.utime(pair[0] / "model.safetensors", (1, 1))
    at = open_page("fixes", merged=str(pair[0]), source=str(pair[1]))
    assert "badge[measured]" not in said(at), f"{run.id} measured other weights"


def test_what_was_measured_of_a_fix_stands_beside_its_estimate(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    before = said(open_page("fixes"))
    assert "Costs: 2 to 24 times" in before
    assert "badge[measured]" not in before
    store(pair, explained())
    text = said(open_page("fixes"))
    assert "Estimated cost: 2 to 24 times" in text
    told = ":blue-badge[measured] Estimated 2 to 24 times, measured 4.00 times ("
    assert told in text
    assert "A token takes 400 ms → 100 ms" in text
    assert "The run that tried it" in text
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "max_position_embeddings": 64})
    assert "badge[measured]" not in said(open_page("fixes")), "other files were measured"


def test_a_fix_is_tried_before_it_is_applied(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    before = {path.name: path.read_bytes() for path in pair[0].iterdir()}
    at = open_page("fixes")
    at = press(at, "Try it")
    job = jobs_module.jobs().active
    assert job is not None
    wait_until(lambda: bool(job.plan.overlays))
    assert (job.plan.merged, job.plan.source) == (str(pair[0]), str(pair[1]))
    (tried,) = job.plan.overlays
    assert tried.titles == ("Turn the key-value cache on",)
    assert json.loads((Path(tried.path) / "config.json").read_bytes())["use_cache"] is True
    assert bytes_of(pair[0]) == before
    for tab in (at, open_page("fixes")):
        assert "nothing is written into the checkpoint" in said(tab)
        assert "Watch it run" in said(tab)
        offered = {button.label for button in tab.button if not button.disabled}
        assert not offered & {"Try it", "Apply", "Apply 1 safe fix"}, "it would measure others"
    at = press(at, "Stop")
    job.join(10)
    at = open_page("fixes")
    assert "The last try was stopped." in said(at)
    assert not at.button(key="try-fix-0").disabled


def test_nothing_changes_files_that_a_run_measures_whatever_an_older_tab_offers(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    open_page("fixes").button(key="apply-all").click().run()
    now = bytes_of(pair[0])
    older = open_page("fixes")
    press(open_page("fixes"), "Try it")
    older = press(older, "Undo")
    assert "A run measures these files just now" in said(older)
    assert bytes_of(pair[0]) == now


def test_a_fix_that_measured_no_better_says_so_where_it_can_be_undone(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    before = bytes_of(pair[0])
    store(pair, steady(), id="20260101-000000-aaaa", created="2026-01-01T00:00:00+00:00")
    open_page("fixes").button(key="apply-all").click().run()
    later = {"id": "20990101-000000-aaaa", "created": "2099-01-01T00:00:00+00:00"}
    store(pair, steady(), **later)
    at = open_page("fixes")
    assert "This fix measured no better." in said(at)
    press(at, "Undo")
    assert bytes_of(pair[0]) == before


def test_a_fix_that_was_tried_for_nothing_says_so_before_it_is_applied(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    store(pair, explained(0.1))
    text = said(open_page("fixes"))
    assert ":gray-badge[measured] Measured no better: 1.00 times as fast (" in text
    assert "there is nothing to undo" in text


def test_before_and_after_once_both_were_measured(open_page: Open, pair: tuple[Path, Path]) -> None:
    store(pair, slow_and_fast(), id="20260101-000000-aaaa")
    assert "Before and after" not in said(open_page("fixes"))
    write_json(pair[0] / "config.json", CONFIG)
    write_json(pair[0] / "generation_config.json", GENERATION_CONFIG)
    store(pair, slow_and_fast(0.1), id="20260102-000000-bbbb")
    at = open_page("fixes")
    assert "4.00 times faster" in said(at)
    assert at.metric[0].value == "100 ms"
    assert "4.00 times faster" in said(open_page("live", run="20260102-000000-bbbb"))
    assert "Before and after" not in said(open_page("live", run="20260101-000000-aaaa"))


def test_other_weights_are_not_what_became_of_a_fix(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    store(pair, slow_and_fast(), id="20260101-000000-aaaa")
    os.utime(pair[0] / "model.safetensors", (1, 1))
    write_json(pair[0] / "config.json", CONFIG)
    store(pair, slow_and_fast(0.1), id="20260102-000000-bbbb")
    assert "Before and after" not in said(open_page("fixes"))


def test_measure_again_starts_the_same_plan(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    run = store(pair, slow_and_fast())
    assert run.measurement
    at = open_page("fixes").button(key="apply-all").click().run()
    at = press(at, "Measure again")
    job = jobs_module.jobs().active
    assert job is not None
    assert job.plan == replace(run.measurement.plan, merged=str(pair[0]), source=str(pair[1]))
    assert "In progress" in said(at)
