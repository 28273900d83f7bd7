"""Patches change what they name, and come back byte for byte."""

import errno
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from patched import AFTER, BEFORE, CONFIG, CONFIG_ON, GENERATION, GENERATION_ON, ON, contents, links
from slowlens import patch
from slowlens.errors import JsonError, PatchError, StaleEditError
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT
from slowlens.patch import journal


def test_a_fix_and_its_undo(root: Path) -> None:
    prepared = patch.prepare(root, ON)
    assert contents(root) == BEFORE
    patch.apply(prepared, ["Turn the cache on"])
    assert contents(root) == AFTER
    undone = patch.undo(root)
    assert contents(root) == BEFORE
    assert [(f.name, f.before, f.after) for f in undone.files] == [
        (name, AFTER[name], BEFORE[name]) for name in BEFORE
    ]


def test_fixes_are_undone_one_by_one_the_newest_first(root: Path) -> None:
    patch.apply(patch.prepare(root, [CONFIG_ON]))
    patch.apply(patch.prepare(root, [Edit("config.json", ("eps",), 1e-6, ABSENT)]))
    patch.undo(root)
    assert contents(root)["config.json"] == AFTER["config.json"]
    patch.undo(root)
    assert contents(root) == BEFORE
    with pytest.raises(PatchError, match="nothing to undo") as caught:
        patch.undo(root)
    assert "can be undone" in caught.value.hint


def test_an_older_fix_is_undone_where_the_newer_one_is_elsewhere(root: Path) -> None:
    patch.apply(patch.prepare(root, [CONFIG_ON]))
    patch.apply(patch.prepare(root, [GENERATION_ON]))
    assert [file.name for file in patch.undo(root, 1).files] == ["config.json"]
    assert contents(root) == {**AFTER, "config.json": CONFIG}
    assert [entry.number for entry in journal.history(root)] == [2]
    with pytest.raises(PatchError, match="there is no fix 1 of") as caught:
        patch.undo(root, 1)
    assert caught.value.hint == "There are these: 2."
    patch.undo(root, 2)
    assert contents(root) == BEFORE


def test_an_older_fix_of_the_same_file_waits_for_the_newer_one(root: Path) -> None:
    patch.apply(patch.prepare(root, ON))
    patch.apply(patch.prepare(root, [Edit("config.json", ("eps",), 1e-6, ABSENT)]), ["Drop it"])
    now = contents(root)
    with pytest.raises(StaleEditError) as caught:
        patch.undo(root, 1)
    assert str(caught.value) == "a file of fix 1 was changed again by fix 2"
    assert caught.value.hint == "Undo fix 2 first, the newest first."
    assert contents(root) == now
    patch.undo(root, 2)
    patch.undo(root, 1)
    assert contents(root) == BEFORE


def test_a_file_is_made_by_its_first_key_and_removed_by_undo(root: Path) -> None:
    (root / "generation_config.json").unlink()
    edits = [
        Edit("generation_config.json", ("use_cache",), ABSENT, True),
        Edit("generation_config.json", ("eos_token_id",), ABSENT, [2, 7]),
    ]
    patch.apply(patch.prepare(root, edits))
    made = b'{\n  "use_cache": true,\n  "eos_token_id": [2, 7]\n}\n'
    assert contents(root)["generation_config.json"] == made
    patch.undo(root)
    assert contents(root) == {"config.json": CONFIG}


def test_deleting_from_a_file_that_is_not_there_makes_none(root: Path) -> None:
    prepared = patch.prepare(root, [Edit("new.json", ("a",), ABSENT, ABSENT)])
    patch.apply(prepared)
    assert prepared.files == ()
    assert contents(root) == BEFORE
    assert journal.history(root) == ()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            Edit("config.json", ("use_cache",), True, False),
            "config.json: use_cache is no longer true but false",
        ),
        (
            Edit("config.json", ("use_cache",), ABSENT, True),
            "config.json: use_cache is no longer missing but false",
        ),
        (
            Edit("config.json", ("a", "b"), None, 1),
            "config.json: a.b is no longer null but missing",
        ),
    ],
)
def test_an_edit_of_something_else_is_stale(root: Path, edit: Edit, message: str) -> None:
    with pytest.raises(StaleEditError) as caught:
        patch.prepare(root, [edit])
    assert str(caught.value) == message
    assert "again" in caught.value.hint


@pytest.mark.parametrize(
    "name", ["../config.json", "/etc/passwd", "a/../../x.json", "", "..", "out/x.json"]
)
def test_nothing_outside_of_the_checkpoint_is_edited(root: Path, name: str) -> None:
    (root / "out").symlink_to(root.parent)
    with pytest.raises(PatchError, match="is outside of"):
        patch.prepare(root, [Edit(name, ("a",), ABSENT, 1)])


def test_two_spellings_of_a_name_are_one_file(root: Path) -> None:
    again = Edit("./config.json", ("eps",), 1e-6, ABSENT)
    assert [f.name for f in patch.prepare(root, [CONFIG_ON, again]).files] == ["config.json"]


def test_a_file_in_a_folder_of_the_checkpoint(root: Path) -> None:
    (root / "text").mkdir()
    (root / "text/config.json").write_bytes(GENERATION)
    patch.apply(patch.prepare(root, [Edit("text/config.json", ("use_cache",), False, True)]))
    assert (root / "text/config.json").read_bytes() == AFTER["generation_config.json"]
    patch.undo(root)
    assert [path.name for path in (root / "text").iterdir()] == ["config.json"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PatchError, match="is not a folder"):
        patch.prepare(tmp_path / "none", [CONFIG_ON])


def test_a_file_that_is_no_json(root: Path) -> None:
    (root / "config.json").write_bytes(b"{")
    with pytest.raises(JsonError, match=r"config\.json is not readable JSON"):
        patch.prepare(root, [CONFIG_ON])


@pytest.mark.parametrize("change", ["bytes", "gone"])
def test_a_file_that_changed_since_it_was_read_is_left_alone(root: Path, change: str) -> None:
    prepared = patch.prepare(root, ON)
    path = root / "generation_config.json"
    path.unlink()
    if change == "bytes":
        path.write_bytes(b"{}")
    now = contents(root)
    with pytest.raises(StaleEditError, match=r"generation_config\.json changed after it was read"):
        patch.apply(prepared)
    assert contents(root) == now
    assert journal.history(root) == ()


def test_a_file_that_changed_since_the_fix_is_not_undone(root: Path) -> None:
    patch.apply(patch.prepare(root, ON))
    (root / "config.json").write_bytes(b'{"use_cache": true}')
    now = contents(root)
    with pytest.raises(StaleEditError, match=r"^config\.json changed after the fix") as caught:
        patch.undo(root)
    assert contents(root) == now
    assert str(journal.history(root)[0].path) in caught.value.hint
    (root / "config.json").write_bytes(AFTER["config.json"])
    patch.undo(root)
    assert contents(root) == BEFORE


def test_a_file_that_was_put_back_by_hand_is_no_hindrance(root: Path) -> None:
    patch.apply(patch.prepare(root, ON))
    (root / "config.json").write_bytes(CONFIG)
    assert [file.name for file in patch.undo(root).files] == ["generation_config.json"]
    assert contents(root) == BEFORE


# Links


def test_a_link_is_never_written_through_nor_replaced(cached: Path) -> None:
    prepared = patch.prepare(cached, ON)
    assert prepared.files[0].after == AFTER["config.json"]
    with pytest.raises(PatchError, match=r"config\.json is a link to \.\./blobs/config\.json") as e:
        patch.apply(prepared)
    assert e.value.hint == f"Make a patched copy instead: slowlens export {cached} --to FOLDER"
    assert contents(cached) == contents(cached.parent / "blobs") == BEFORE
    assert len(links(cached)) == len(BEFORE)
    assert journal.history(cached) == journal.pending(cached) == ()


def test_a_link_that_leads_nowhere_is_explained(cached: Path) -> None:
    (cached.parent / "blobs/config.json").unlink()
    with pytest.raises(PatchError, match=r"config\.json is a link to \.\./blobs/config\.json"):
        patch.prepare(cached, [CONFIG_ON])


def test_a_file_under_two_names_is_not_changed(root: Path) -> None:
    os.link(root / "config.json", root.parent / "other.json")
    with pytest.raises(PatchError, match=r"config\.json is one file under 2 names") as caught:
        patch.apply(patch.prepare(root, ON))
    assert "slowlens export" in caught.value.hint
    assert contents(root) == BEFORE


def test_a_folder_reached_through_a_link_has_one_journal(root: Path) -> None:
    (root.parent / "latest").symlink_to(root)
    patch.apply(patch.prepare(root.parent / "latest", ON))
    patch.undo(root)
    assert contents(root) == BEFORE


# Mode and owner


def test_the_mode_of_a_file_stays(root: Path) -> None:
    (root / "config.json").chmod(0o640)
    patch.apply(patch.prepare(root, ON))
    assert (root / "config.json").stat().st_mode & 0o777 == 0o640
    patch.undo(root)
    assert (root / "config.json").stat().st_mode & 0o777 == 0o640


def test_mode_and_times_come_back(root: Path) -> None:
    path = root / "config.json"
    path.chmod(0o640)
    os.utime(path, ns=(1_600_000_000_000_000_001, 1_500_000_000_000_000_001))
    patch.apply(patch.prepare(root, ON))
    assert path.stat().st_mtime_ns > 1_500_000_000_000_000_001
    path.chmod(0o600)
    patch.undo(root)
    found = path.stat()
    assert found.st_mode & 0o777 == 0o640
    assert found.st_mtime_ns == 1_500_000_000_000_000_001


def test_what_is_noted_about_a_file_stays(root: Path) -> None:
    try:
        os.setxattr(root / "config.json", "user.note", b"of the team")
    except (OSError, AttributeError):
        pytest.skip("this file system has no attributes")
    patch.apply(patch.prepare(root, [CONFIG_ON]))
    assert os.getxattr(root / "config.json", "user.note") == b"of the team"
    patch.undo(root)
    assert os.getxattr(root / "config.json", "user.note") == b"of the team"


def test_a_note_that_may_not_be_made_keeps_no_other_from_being_made(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = {"security.kept": b"by the system", "user.note": b"of the team"}
    made: dict[str, bytes] = {}

    def put(_path: Path, name: str, value: bytes) -> None:
        if name.startswith("security."):
            raise PermissionError(name)
        made[name] = value

    monkeypatch.setattr(os, "listxattr", lambda _path: [*notes], raising=False)
    monkeypatch.setattr(os, "getxattr", lambda _path, name: notes[name], raising=False)
    monkeypatch.setattr(os, "setxattr", put, raising=False)
    patch.apply(patch.prepare(root, [CONFIG_ON]))
    assert made == {"user.note": b"of the team"}


def test_a_new_file_gets_the_mode_that_the_user_gives_new_files(root: Path) -> None:
    old = os.umask(0o027)
    try:
        patch.apply(patch.prepare(root, [Edit("new.json", ("a",), ABSENT, 1)]))
    finally:
        os.umask(old)
    assert (root / "new.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_of_a_file_stays(root: Path) -> None:
    os.chown(root / "config.json", 12345, 12345)
    patch.apply(patch.prepare(root, [CONFIG_ON]))
    assert (root / "config.json").stat().st_uid == 12345


def test_who_may_not_give_files_away_fixes_them_nevertheless(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    real = Path.stat
    monkeypatch.setattr(os, "chown", refuse)

    def foreign(path: Path, **options: Any) -> os.stat_result:
        found = real(path, **options)
        if path.name != "config.json":
            return found
        return os.stat_result([*found[:4], 4321, *found[5:10]])

    monkeypatch.setattr(Path, "stat", foreign)
    patch.apply(patch.prepare(root, [CONFIG_ON]))
    assert contents(root)["config.json"] == AFTER["config.json"]


# The diff


def test_the_diff_of_crlf_and_of_a_missing_last_line_end(root: Path) -> None:
    assert patch.unified_diff(patch.prepare(root, [CONFIG_ON])) == (
        "--- a/config.json\n+++ b/config.json\n@@ -1,4 +1,4 @@\n"
        ' {\r\n   "eps": 1e-06,\r\n-  "use_cache": false\r\n+  "use_cache": true\r\n'
        " }\n\\ No newline at end of file\n"
    )


def test_the_diff_of_a_file_without_any_line_end(root: Path) -> None:
    (root / "config.json").write_bytes(b'{"use_cache": false}')
    assert patch.unified_diff(patch.prepare(root, [CONFIG_ON])) == (
        "--- a/config.json\n+++ b/config.json\n@@ -1 +1 @@\n"
        '-{"use_cache": false}\n\\ No newline at end of file\n'
        '+{"use_cache": true}\n\\ No newline at end of file\n'
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("backwards", [False, True])
def test_git_applies_the_diff(root: Path, backwards: bool) -> None:
    new = Edit("new.json", ("a",), ABSENT, "\u2028é")
    prepared = patch.prepare(root, [*ON, new])
    if backwards:
        patch.apply(prepared)
        prepared = patch.undo(root)
        patch.apply(patch.prepare(root, [*ON, new]))
    diff = patch.unified_diff(prepared).encode()
    subprocess.run(["git", "apply", "-"], input=diff, cwd=root, check=True)
    wanted = {file.name: file.after for file in prepared.files if file.after is not None}
    assert contents(root) == wanted
