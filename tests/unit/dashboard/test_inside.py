"""Links in a folder that lead out of the roots: nothing of them is read where others look on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builders import checkpoint, write_json
from slowlens.brief import Kind
from slowlens.briefing import brief_of
from slowlens.checking import check
from slowlens.errors import CheckpointError
from slowlens.exports import FORMS
from slowlens.repair import Repair
from slowlens_dashboard import repairs
from slowlens_dashboard.access import visible
from slowlens_dashboard.access.inside import MOST
from slowlens_dashboard.access.options import Options
from slowlens_dashboard.measuring import starting

NOTHING = Repair(())
"""Fixes of no key."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    checkpoint(folder / "m")
    (tmp_path / "secret").mkdir()
    write_json(tmp_path / "secret" / "config.json", {"password": 1})
    return folder


def file_link(root: Path) -> None:
    (root / "m" / "config.json").unlink()
    (root / "m" / "config.json").symlink_to(root.parent / "secret" / "config.json")


def relative_link(root: Path) -> None:
    (root / "m" / "processor_config.json").symlink_to("../../secret/config.json")


def link_of_a_link(root: Path) -> None:
    (root / "other").symlink_to(root.parent / "secret" / "config.json")
    (root / "m" / "processor_config.json").symlink_to("../other")


def folder_link(root: Path) -> None:
    (root / "m" / "adapter").symlink_to(root.parent / "secret")


def link_in_a_folder(root: Path) -> None:
    (root / "m" / "below" / "deeper").mkdir(parents=True)
    (root / "m" / "below" / "deeper" / "x").symlink_to(root.parent / "secret" / "config.json")


def link_behind_a_folder_link(root: Path) -> None:
    (root / "aside").mkdir()
    (root / "aside" / "x.json").symlink_to(root.parent / "secret" / "config.json")
    (root / "m" / "below").symlink_to(root / "aside")


def link_to_nowhere(root: Path) -> None:
    (root / "m" / "x.json").symlink_to("/nowhere/x.json")


LEAKS = (
    *(file_link, relative_link, link_of_a_link, folder_link, link_in_a_folder),
    *(link_behind_a_folder_link, link_to_nowhere),
)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_link_that_leads_out_is_refused_where_others_look_on(
    root: Path, leak: Callable[[Path], None]
) -> None:
    leak(root)
    with pytest.raises(CheckpointError, match=r"is a link to .*, outside the folders") as refused:
        Options((root,), confined=True).allow(str(root / "m"))
    assert "slowlens ui --root" in refused.value.hint
    assert Options((root,)).allow(str(root / "m")) == root / "m", "on one's own machine"


def test_links_below_the_roots_are_followed(root: Path) -> None:
    (root / "m" / "copy.json").symlink_to("config.json")
    (root / "m" / "up").symlink_to(root)  # a circle
    (root / "m" / "itself").symlink_to("itself")
    (root / "linked").symlink_to(root / "m")
    assert Options((root,), confined=True).allow(str(root / "linked")) == root / "m"


def test_a_snapshot_of_the_hub_is_read_with_its_blobs_and_nothing_else(tmp_path: Path) -> None:
    repo = tmp_path / "models--org--m"
    snapshot = checkpoint(repo / "snapshots" / "abc")
    (repo / "blobs").mkdir()
    (snapshot / "config.json").rename(repo / "blobs" / "1")
    (snapshot / "config.json").symlink_to("../../blobs/1")
    options = Options((snapshot,), confined=True)
    assert options.allow(str(snapshot)) == snapshot
    (repo / "refs").write_text("x")
    (snapshot / "x.json").symlink_to("../../refs")
    with pytest.raises(CheckpointError, match="outside"):
        options.allow(str(snapshot))


def test_blobs_that_are_a_link_themselves_are_none(root: Path) -> None:
    snapshot = root / "made-up" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (root / "made-up" / "blobs").symlink_to(root.parent / "secret")
    (snapshot / "config.json").symlink_to("../../blobs/config.json")
    assert (snapshot / "config.json").exists()
    with pytest.raises(CheckpointError, match="outside"):
        Options((root,), confined=True).allow(str(snapshot))


def test_a_folder_of_very_much_is_not_looked_through(root: Path) -> None:
    for number in range(MOST + 1):
        (root / "m" / str(number)).touch()
    with pytest.raises(CheckpointError, match="more than 5,000"):
        Options((root,), confined=True).allow(str(root / "m"))


def test_runs_of_other_folders_are_not_shown(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "away").mkdir()
    (root / "lead").symlink_to(tmp_path / "away")
    inside, outside = root / "m", checkpoint(tmp_path / "away" / "m")
    runs = {
        "inside": check(inside, inside),
        "gone": replace(check(inside), merged=replace(check(inside).merged, path=f"{root}/gone")),
        "outside": check(outside),
        "source": check(inside, outside),
        "link": check(root / "lead" / "m"),
    }
    monkeypatch.setenv("SLOWLENS_ROOTS", str(root))
    assert all(map(visible.may_show, runs.values())), "on one's own machine"
    monkeypatch.setenv("SLOWLENS_CONFINED", "1")
    wanted = {"inside": True, "gone": True, "outside": False, "source": False, "link": False}
    assert {name: visible.may_show(run) for name, run in runs.items()} == wanted
    briefs = {name: brief_of("x", run) for name, run in runs.items()}
    assert {name: visible.shown()(brief) for name, brief in briefs.items()} == wanted
    assert briefs["inside"].kind is Kind.CHECKED


def test_what_was_swapped_for_a_link_since_is_not_exported(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOWLENS_ROOTS", str(root))
    monkeypatch.setenv("SLOWLENS_CONFINED", "1")
    form = FORMS[0]
    assert repairs.exported(form, root / "m", NOTHING, ())
    file_link(root)
    with pytest.raises(CheckpointError, match="outside the folders"):
        repairs.exported(form, root / "m", NOTHING, ())


def test_a_picture_behind_a_link_is_not_measured(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOWLENS_ROOTS", str(root))
    (root / "pictures").mkdir()
    (root.parent / "secret" / "x.png").write_bytes(b"x")
    (root / "pictures" / "x.png").symlink_to(root.parent / "secret" / "x.png")
    (root / "lead").symlink_to(root.parent / "secret")
    for text in (root / "pictures" / "x.png", root / "lead" / "x.png", "/etc/hostname"):
        with pytest.raises(CheckpointError, match="outside the folders"):
            starting._picture(str(text))
