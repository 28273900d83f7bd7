import sys
import textwrap
from pathlib import Path

import pytest

from slowlens.demo import session
from slowlens.demo.folder import find
from slowlens.demo.protocol import Failed, Step, decode, encode
from slowlens.demo.recipe import Weights
from slowlens.demo.session import build
from slowlens.errors import SlowlensError


def builder(body: str) -> tuple[str, ...]:
    """Return a command that stands in for the builder: it knows ``folder`` and ``say``."""
    start = """
    import json, pathlib, sys, time
    folder = pathlib.Path(json.loads(sys.stdin.readline())["folder"])
    def say(**event): print(json.dumps(event), flush=True)
    """
    return (sys.executable, "-c", textwrap.dedent(start) + textwrap.dedent(body))


GOOD = builder(
    """
    say(event="Step", number=1, total=1, doing="writing")
    (folder / "source").mkdir()
    (folder / "source" / "config.json").write_text("{}")
    """
)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_NEEDED", ("json",))


def test_steps_arrive_and_the_demo_is_there_after_the_last(tmp_path: Path) -> None:
    with build(tmp_path / "demo", Weights.RANDOM, GOOD) as steps:
        assert list(steps) == [Step(1, 1, "writing")]
    demo = find(tmp_path / "demo")
    assert demo is not None
    assert demo.weights is Weights.RANDOM


def test_foreign_folder_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with (
        pytest.raises(SlowlensError, match="left alone"),
        build(tmp_path, Weights.RANDOM, GOOD) as steps,
    ):
        pytest.fail(f"it was building: {next(steps)}")


def test_leaving_early_keeps_nothing(tmp_path: Path) -> None:
    endless = builder('say(event="Step", number=1, total=1, doing="x"); time.sleep(60)')
    with build(tmp_path / "demo", Weights.RANDOM, endless) as steps:
        next(steps)
    assert list(tmp_path.iterdir()) == []


def test_failure_is_told_with_its_hint_and_keeps_nothing(tmp_path: Path) -> None:
    failing = builder('say(event="Failed", error="no luck", hint="try again")')
    with (
        pytest.raises(SlowlensError, match="no luck") as caught,
        build(tmp_path / "demo", Weights.RANDOM, failing) as steps,
    ):
        list(steps)
    assert caught.value.hint == "try again"
    assert list(tmp_path.iterdir()) == []


def test_crash_keeps_nothing_and_the_old_demo_stays(tmp_path: Path) -> None:
    with build(tmp_path / "demo", Weights.RANDOM, GOOD) as steps:
        list(steps)
    before = find(tmp_path / "demo")
    crashing = builder('say(event="Step", number=1, total=1, doing="x"); sys.exit(3)')
    with (
        pytest.raises(SlowlensError, match="exit code 3"),
        build(tmp_path / "demo", Weights.RANDOM, crashing) as steps,
    ):
        list(steps)
    assert find(tmp_path / "demo") == before


def test_missing_torch_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_NEEDED", ("no_such_torch",))
    with (
        pytest.raises(SlowlensError, match="no_such_torch") as caught,
        build(tmp_path / "demo", Weights.RANDOM, GOOD),
    ):
        pass
    assert "slowlens[demo]" in caught.value.hint


def test_too_little_room_is_told_before_building(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_ROOM", 10**18)
    with (
        pytest.raises(SlowlensError, match="GB are free"),
        build(tmp_path / "demo", Weights.RANDOM, GOOD),
    ):
        pass


@pytest.mark.parametrize("event", [Step(1, 2, "x"), Failed("what", "do"), Failed("what")])
def test_events_survive_the_crossing(event: Step | Failed) -> None:
    assert decode(encode(event)) == event
