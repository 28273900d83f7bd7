"""Patches are written whole or not at all, and come back byte for byte."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slowlens import journal, patch, switch
from slowlens.errors import JsonError, PatchError, SlowlensError, StaleEditError
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT

CONFIG = b'{\r\n  "eps": 1e-06,\r\n  "use_cache": false\r\n}'
GENERATION = b'{ "use_cache":false }\n'
CONFIG_ON = Edit("config.json", ("use_cache",), before=False, after=True)
GENERATION_ON = Edit("generation_config.json", ("use_cache",), before=False, after=True)
ON = (CONFIG_ON, GENERATION_ON)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "merged"
    root.mkdir()
    (root / "config.json").write_bytes(CONFIG)
    (root / "generation_config.json").write_bytes(GENERATION)
    return root


def contents(root: Path) -> dict[str, bytes]:
    """Return every file of a folder, hidden ones included."""
    return {path.name: path.read_bytes() for path in root.iterdir()}


BEFORE = {"config.json": CONFIG, "generation_config.json": GENERATION}
AFTER = {name: content.replace(b"false", b"true") for name, content in BEFORE.items()}


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


@pytest.mark.parametrize("change", ["bytes", "gone", "link"])
def test_a_file_that_changed_since_it_was_read_is_left_alone(root: Path, change: str) -> None:
    prepared = patch.prepare(root, ON)
    path = root / "generation_config.json"
    path.unlink()
    if change == "bytes":
        path.write_bytes(b"{}")
    if change == "link":
        (root / "blob").write_bytes(GENERATION)
        path.symlink_to("blob")
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


@pytest.fixture
def cached(root: Path) -> Path:
    """Lay out the checkpoint as the hub's cache does: links to blobs that others share."""
    blobs = root.parent / "blobs"
    blobs.mkdir()
    for name in BEFORE:
        (root / name).rename(blobs / name)
        (root / name).symlink_to(f"../blobs/{name}")
    return root


def links(root: Path) -> dict[str, str]:
    return {path.name: str(path.readlink()) for path in root.iterdir() if path.is_symlink()}


def test_a_link_is_replaced_and_its_target_never_written(cached: Path) -> None:
    patch.apply(patch.prepare(cached, ON))
    assert contents(cached) == AFTER
    assert links(cached) == {}
    assert contents(cached.parent / "blobs") == BEFORE
    patch.undo(cached)
    assert links(cached) == {name: f"../blobs/{name}" for name in BEFORE}


@pytest.mark.parametrize("change", ["gone", "bytes"])
def test_undo_writes_a_file_where_the_link_would_lead_elsewhere(cached: Path, change: str) -> None:
    patch.apply(patch.prepare(cached, ON))
    blob = cached.parent / "blobs/config.json"
    blob.unlink()
    if change == "bytes":
        blob.write_bytes(b"{}")
    patch.undo(cached)
    assert contents(cached) == BEFORE
    assert not (cached / "config.json").is_symlink()


def test_a_link_that_leads_nowhere_is_explained(cached: Path) -> None:
    (cached.parent / "blobs/config.json").unlink()
    with pytest.raises(PatchError, match=r"config\.json is a link to \.\./blobs/config\.json"):
        patch.prepare(cached, [CONFIG_ON])


def test_links_come_back_when_writing_fails(cached: Path, failing: Callable[..., None]) -> None:
    failing(PermissionError(errno.EACCES, "Permission denied"), at="generation_config.json")
    with pytest.raises(PatchError):
        patch.apply(patch.prepare(cached, ON))
    assert links(cached) == {name: f"../blobs/{name}" for name in BEFORE}


def test_one_hard_link_changes_and_the_other_does_not(root: Path) -> None:
    os.link(root / "config.json", root.parent / "other.json")
    patch.apply(patch.prepare(root, [CONFIG_ON]))
    assert (root.parent / "other.json").read_bytes() == CONFIG


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


# Failures


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(error: BaseException, at: str, *, after: bool = False, times: int = 1) -> None:
        """Let os.replace raise for the file ``at``, before or after it has done its work."""
        real, left = os.replace, [times]

        def replace(source: Path, target: Path) -> None:
            fails = Path(target).name == at and left[0] > 0
            if fails and not after:
                left[0] -= 1
                raise error
            real(source, target)
            if fails:
                left[0] -= 1
                raise error

        monkeypatch.setattr(os, "replace", replace)

    return install


@pytest.mark.parametrize("at", list(BEFORE))
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("error", "shown", "hint"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), PatchError, "Free some space"),
        (PermissionError(errno.EACCES, "Permission denied"), PatchError, "Make the folder writ"),
        (OSError(errno.EROFS, "Read-only file system"), PatchError, "Make the folder writable"),
        (OSError("something else"), PatchError, "Make sure"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
)
def test_all_or_nothing(
    root: Path,
    failing: Callable[..., None],
    error: BaseException,
    shown: type[BaseException],
    hint: str,
    at: str,
    after: bool,
) -> None:
    failing(error, at, after=after)
    with pytest.raises(shown) as caught:
        patch.apply(patch.prepare(root, ON))
    assert contents(root) == BEFORE
    assert journal.history(root) == ()
    if isinstance(caught.value, SlowlensError):
        assert str(caught.value).startswith(f"{root} was not changed: {error.args[-1]}")
        assert caught.value.hint.startswith(hint)


def test_a_full_disk_is_noticed_before_the_first_file_is_replaced(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:3])
        if path.name.startswith(".generation"):
            raise OSError(errno.ENOSPC, "No space left on device")

    real = os.replace

    def watched(source: Path, target: Path) -> None:
        assert root not in Path(target).parents, "a file was replaced"
        real(source, target)

    prepared = patch.prepare(root, ON)
    monkeypatch.setattr(switch, "write_new", full)
    monkeypatch.setattr(os, "replace", watched)
    with pytest.raises(PatchError, match="No space left on device"):
        patch.apply(prepared)
    assert contents(root) == BEFORE
    assert journal.history(root) == ()


def test_a_failed_undo_leaves_the_fix_whole_and_can_be_tried_again(
    root: Path, failing: Callable[..., None]
) -> None:
    patch.apply(patch.prepare(root, ON))
    failing(PermissionError(errno.EPERM, "Operation not permitted"), at="generation_config.json")
    with pytest.raises(PatchError, match="Operation not permitted"):
        patch.undo(root)
    assert contents(root) == AFTER
    patch.undo(root)
    assert contents(root) == BEFORE


def test_what_cannot_even_be_put_back_is_undone_later(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = os.replace, []

    def dying(source: Path, target: Path) -> None:
        if root in Path(target).parents:
            if written:
                raise OSError(errno.EIO, "Input/output error")
            written.append(target)
        real(source, target)

    prepared = patch.prepare(root, ON)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", dying)
        with pytest.raises(PatchError, match=r"config\.json could not be put back") as caught:
            patch.apply(prepared)
    assert f"slowlens undo {root}" in caught.value.hint
    assert contents(root) == {**BEFORE, "config.json": AFTER["config.json"]}
    patch.undo(root)
    assert contents(root) == BEFORE


def test_a_folder_in_place_of_a_file(root: Path) -> None:
    (root / "new.json").mkdir()
    with pytest.raises(PatchError, match="was not changed"):
        patch.prepare(root, [Edit("new.json", ("a",), ABSENT, 1)])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(root: Path) -> None:
    root.chmod(0o555)
    with pytest.raises(PatchError, match="Permission denied"):
        patch.apply(patch.prepare(root, ON))
    root.chmod(0o755)
    assert contents(root) == BEFORE


# Crashes, in real processes

APPLY = """
import os, signal, sys
from pathlib import Path
from slowlens import patch
from slowlens.findings import Edit
root, last = Path(sys.argv[1]), sys.argv[2]
real = os.replace
def replace(source, target):
    if Path(target).name == last:
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
os.replace = replace
names = ("config.json", "generation_config.json")
edits = [Edit(name, ("use_cache",), before=False, after=True) for name in names]
prepared = patch.prepare(root, edits)
print("prepared", flush=True)
sys.stdin.readline()
patch.apply(prepared, ["Turn the cache on"])
print("applied", flush=True)
"""


@pytest.fixture
def child(root: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start processes that apply the fix once told to, and die before they replace a file."""
    children: list[subprocess.Popen[str]] = []

    def start(killed_at: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", APPLY, str(root), killed_at]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        children.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "prepared\n"
        return process

    yield start
    for process in children:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("killed_at", list(BEFORE))
def test_a_fix_that_was_killed_half_way_is_undone(
    root: Path, child: Callable[[str], subprocess.Popen[str]], killed_at: str
) -> None:
    process = child(killed_at)
    process.communicate("go\n", timeout=60)
    assert process.returncode == -signal.SIGKILL
    half = killed_at == "generation_config.json"
    assert ((root / "config.json").read_bytes() == AFTER["config.json"]) == half
    assert contents(root) != BEFORE
    assert [entry.titles for entry in journal.history(root)] == [("Turn the cache on",)]
    undone = patch.undo(root)
    assert [file.name for file in undone.files] == (["config.json"] if half else [])
    assert contents(root) == BEFORE
    assert journal.history(root) == ()


def test_a_fix_that_was_killed_can_be_applied_again(
    root: Path, child: Callable[[str], subprocess.Popen[str]]
) -> None:
    child("generation_config.json").communicate("go\n", timeout=60)
    patch.apply(patch.prepare(root, [GENERATION_ON]))
    assert contents(root) == AFTER
    patch.undo(root)
    patch.undo(root)
    assert contents(root) == BEFORE


def test_of_two_processes_one_applies_and_the_other_sees_it(
    root: Path, child: Callable[[], subprocess.Popen[str]]
) -> None:
    processes = [child(), child()]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = sorted(process.communicate(timeout=60) for process in processes)
    assert [out for out, _ in ends] == ["", "applied\n"]
    assert "StaleEditError: config.json changed after it was read" in ends[0][1]
    assert contents(root) == AFTER
    assert len(journal.history(root)) == 1


def test_a_process_waits_while_another_changes_the_checkpoint(
    root: Path, child: Callable[[], subprocess.Popen[str]]
) -> None:
    process = child()
    with journal.alone(root):
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        assert contents(root) == BEFORE
    process.communicate(timeout=60)
    assert contents(root) == AFTER


def test_two_undos_at_once_take_back_one_fix(root: Path) -> None:
    patch.apply(patch.prepare(root, ON))
    errors: list[PatchError] = []

    def undo() -> None:
        try:
            patch.undo(root)
        except PatchError as error:
            errors.append(error)

    with journal.alone(root):
        threads = [threading.Thread(target=undo) for _ in range(2)]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1
    assert contents(root) == BEFORE


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
