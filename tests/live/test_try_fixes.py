"""Fixes tried on a real model: what each does, and that nothing is written."""

from pathlib import Path

import pytest

from slowlens.checking import check
from slowlens.facts.live.attribution import attribution
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.measure.events import Event, Loading
from slowlens.overlay import overlays
from slowlens.reports.measurement import render

pytest.importorskip("torch")
pytest.importorskip("transformers")

from live import tiny
from live.measuring import events_of, recorded

pytestmark = pytest.mark.live


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measurement, list[Event]]:
    """Two faults, no cache and no end token, each with its fix, on one model in memory."""
    folder = tmp_path_factory.mktemp("ran")
    source = tiny.llama(folder / "source", {"use_cache": True, "eos_token_id": 258})
    merged = tiny.llama(folder / "merged", {"use_cache": False, "_from_model_config": True})
    before = contents(merged)
    with overlays(check(merged, source)) as made:
        plan = Plan(
            str(merged), str(source), new_tokens=6, answer_tokens=8, rounds=3, device="cpu",
            threads=1, overlays=made, equality_tokens=0,
        )  # fmt: skip
        events = events_of(plan)
    assert contents(merged) == before
    return recorded(plan, events), events


def test_each_fix_does_what_it_is_for(ran: tuple[Measurement, list[Event]]) -> None:
    measurement, _ = ran
    names = [overlay.name for overlay in measurement.plan.overlays]
    assert names == ["merged + gen-use-cache-false", "merged + eos-lost-or-wrong", "all fixes"]
    cached = {
        name: measurement.find(name, Cache.AS_SHIPPED, Purpose.PROOF)[0].cached
        for name in ("merged", *names)
    }
    assert cached == {
        "merged": False,
        "merged + gen-use-cache-false": True,
        "merged + eos-lost-or-wrong": False,
        "all fixes": True,
    }


def test_one_model_serves_all_of_them(ran: tuple[Measurement, list[Event]]) -> None:
    loaded = [event.subject for event in ran[1] if isinstance(event, Loading)]
    assert sorted(loaded) == ["merged", "source"]


def test_every_one_is_timed_and_attributed(ran: tuple[Measurement, list[Event]]) -> None:
    measurement, _ = ran
    found = attribution(measurement)
    assert found is not None
    assert [part.time.subject for part in found.parts] == [
        "merged + gen-use-cache-false",
        "merged + eos-lost-or-wrong",
    ]
    assert found.together is not None
    assert all(len(part.time.runs) == 3 for part in (*found.parts, found.together))
    assert "\nall fixes  " in render(measurement)


def test_none_was_cut_off(ran: tuple[Measurement, list[Event]]) -> None:
    assert ran[0].failures == ()
    assert Finish.STOPPED not in {one.finish for one in ran[0].generations}
