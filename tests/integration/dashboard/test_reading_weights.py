"""Every weight read in the background, as the pages show it."""

import threading
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from builders import checkpoint
from pages import Open, press, said
from slowlens.checking import read_weights
from slowlens.errors import SlowlensError
from slowlens.facts.weights.scan import Scan
from slowlens.gather.scan import Progress
from slowlens_dashboard import diagnosis
from slowlens_dashboard.measuring import scans as scans_module
from slowlens_dashboard.measuring.scans import scans

SKIPPED = "needs the weights themselves"


class Disk:
    """Has read 3 of 12 GB, and goes on when the test says so."""

    def __init__(self) -> None:
        self.there, self.go_on = threading.Event(), threading.Event()
        self.broken: SlowlensError | None = None

    def __call__(self, merged: Path, source: Path | None, progress: Progress) -> Scan:
        progress(3 * 10**9, 12 * 10**9)
        self.there.set()
        assert self.go_on.wait(30)
        if self.broken:
            raise self.broken
        progress(4 * 10**9, 12 * 10**9)
        return read_weights(merged, source, lambda _done, _total: None)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    monkeypatch.setattr(diagnosis, "read_weights", disk)
    monkeypatch.setattr(scans_module, "SOON", inf)  # however long the test takes
    scans.cache_clear()
    yield disk
    disk.go_on.set()
    scans().close()
    scans.cache_clear()


def rules(at: AppTest) -> AppTest:
    at.session_state["details"] = "Rules"
    return at.run()


def begun(at: AppTest, disk: Disk) -> AppTest:
    """Begin to read, and look when 3 GB are read."""
    press(rules(at), "Read every weight now")
    assert disk.there.wait(30)
    return at.run()


def bars(at: AppTest) -> list[tuple[int, str]]:
    """The bars of a page: their per cent and what they say."""
    return [(bar.proto.value, bar.proto.text) for bar in at.get("progress")]


def finish(disk: Disk) -> None:
    disk.go_on.set()
    active = scans().active
    assert active
    active.join(30)


def test_the_page_stays_usable_and_any_tab_sees_how_far_it_has_come(
    open_page: Open, disk: Disk
) -> None:
    at = begun(open_page(), disk)
    assert not at.exception
    assert bars(at) == [(25, "Reading every weight: 3 GB of 12 GB")] * 2, (
        "below the answer, and here"
    )
    assert SKIPPED in said(at)
    assert "without its key-value cache" in at.title[0].value
    assert bars(open_page()) == bars(at)[:1]
    assert not at.switch_page("views/fixes.py").run().exception
    finish(disk)
    at = rules(at.switch_page("views/checkpoint.py").run())
    assert not bars(at)
    assert SKIPPED not in said(at)
    assert SKIPPED not in said(rules(open_page())), "a tab that comes later has it too"


def test_findings_do_not_outlive_the_files_that_were_read(
    open_page: Open, disk: Disk, pair: tuple[Path, Path]
) -> None:
    at = begun(open_page(), disk)
    finish(disk)
    assert SKIPPED not in said(rules(at))
    (pair[0] / "config.json").write_text((pair[0] / "config.json").read_text() + "\n")
    assert SKIPPED in said(at.run())


def test_a_stop_leaves_the_page_as_it_was_and_the_button_comes_back(
    open_page: Open, disk: Disk
) -> None:
    at = press(begun(open_page(), disk), "Stop")
    finish(disk)
    at = at.run()
    assert not bars(at)
    assert "You stopped the reading of the weights" in said(at)
    assert SKIPPED in said(at)
    assert "Read every weight now" in [button.label for button in at.button]


def test_what_went_wrong_is_told_with_the_findings_below(open_page: Open, disk: Disk) -> None:
    at = begun(open_page(), disk)
    disk.broken = SlowlensError("model.safetensors became shorter", hint="Check it again.")
    finish(disk)
    at = at.run()
    assert at.error[0].proto.title == "`model.safetensors` became shorter."
    assert "without its key-value cache" in at.title[0].value


def test_another_pair_has_to_wait(open_page: Open, disk: Disk, tmp_path: Path) -> None:
    begun(open_page(), disk)
    other = rules(open_page(merged=str(checkpoint(tmp_path / "other"))))
    assert not bars(other)
    assert "The weights of merged ← source are being read" in said(other)
    button = next(each for each in other.button if each.label == "Read every weight now")
    assert button.disabled


def test_a_read_only_dashboard_reads_none(
    open_page: Open, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = rules(open_page())
    monkeypatch.setenv("SLOWLENS_READ_ONLY", "1")
    at = press(at, "Read every weight now")
    assert "read-only" in at.error[0].proto.title
    assert not disk.there.is_set()
