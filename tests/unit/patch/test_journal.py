"""The journal keeps exact bytes, in order, and says so when it cannot."""

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slowlens import durable
from slowlens.errors import PatchError
from slowlens.patch import journal
from slowlens.patch.journal import PatchedFile

FILES = (
    PatchedFile(
        "config.json", b"\xef\xbb\xbf{}\r\n", b"{\xff", 0o640, (1_600_000_000_123_456_789, 7)
    ),
    PatchedFile("new.json", None, b""),
    PatchedFile("gone.json", b"{}", None),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "merged").mkdir()
    return tmp_path / "merged"


def record(root: Path, *titles: str) -> journal.Entry:
    with journal.alone(root):
        return journal.finish(journal.begin(root, FILES, titles))


def test_an_entry_comes_back_as_it_was(root: Path) -> None:
    entry = record(root, "Turn the cache on", "Stop")
    assert journal.history(root) == (entry,)
    assert entry.titles == ("Turn the cache on", "Stop")
    assert entry.files == FILES
    age = datetime.now(UTC) - datetime.fromisoformat(entry.time)
    assert -1 < age.total_seconds() < 60


def test_the_newest_entry_comes_first(root: Path) -> None:
    for number in range(12):
        record(root, str(number))
    assert [e.titles[0] for e in journal.history(root)] == [str(n) for n in reversed(range(12))]


def test_a_forgotten_entry_is_gone_and_its_number_free(root: Path) -> None:
    first = record(root, "first")
    journal.forget(record(root, "second"))
    assert journal.history(root) == (first,)
    assert record(root, "third").path.name == "000002.json"


def test_what_is_being_written_is_no_history_yet(root: Path) -> None:
    with journal.alone(root):
        entry = journal.begin(root, FILES, ["fix"])
    assert journal.history(root) == ()
    assert journal.pending(root) == (entry,)
    assert list(journal.interrupted()) == [root]
    done = journal.finish(entry)
    assert (journal.history(root), journal.pending(root)) == ((done,), ())
    assert list(journal.interrupted()) == []
    with journal.alone(root):
        assert [journal.begin(root, FILES, []).number for _ in range(2)] == [2, 3]
    assert journal.reopen(done) == entry


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"checkpoint": 1}', b'{"checkpoint": "/no"}']
)
def test_what_cannot_be_read_or_is_gone_hinders_no_start(root: Path, content: bytes) -> None:
    with journal.alone(root):
        entry = journal.begin(root, FILES, ["fix"])
    entry.path.write_bytes(content)
    assert list(journal.interrupted()) == []


def test_who_does_not_wait_is_told_that_another_has_it(root: Path) -> None:
    with journal.alone(root) as free:
        assert free
        with journal.alone(root, wait=False) as free:
            assert not free
    with journal.alone(root, wait=False) as free:
        assert free


def test_looking_makes_nothing(root: Path, home: Path) -> None:
    assert journal.history(root) == ()
    assert list(home.iterdir()) == []


def test_each_checkpoint_has_its_own_and_every_path_to_it_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = record(root, "fix")
    (root.parent / "link").symlink_to(root)
    monkeypatch.chdir(root.parent)
    assert journal.history(root.parent / "link") == journal.history(Path("merged")) == (entry,)
    assert journal.history(root.parent) == ()


def test_what_is_no_entry_is_ignored(root: Path) -> None:
    folder = record(root, "fix").path.parent
    (folder / "000002.unfinished").write_bytes(b"{")
    (folder / "000001 (copy).json").write_bytes(b"{")
    assert len(journal.history(root)) == 1
    assert record(root, "next").path.name == "000002.json"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"schema_version": 1}', b'{"schema_version": 2, "files": [{"name": 1}]}'],
)
def test_an_unreadable_entry_is_named(root: Path, content: bytes) -> None:
    path = record(root, "fix").path
    path.write_bytes(content)
    with pytest.raises(PatchError, match="journal cannot be read") as caught:
        journal.history(root)
    assert str(path) in caught.value.hint


def test_an_entry_says_in_plain_json_what_it_is(root: Path) -> None:
    fields = json.loads(record(root, "fix").path.read_bytes())
    assert fields["checkpoint"] == str(root)
    assert fields["titles"] == ["fix"]


def test_a_state_folder_that_cannot_be_made(root: Path, home: Path) -> None:
    home.rmdir()
    home.write_bytes(b"in the way")
    with pytest.raises(PatchError, match="nothing was changed") as caught:
        record(root)
    assert "SLOWLENS_HOME" in caught.value.hint


def test_a_full_disk_leaves_no_entry(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(PatchError, match="No space left on device"):
            record(root)
    assert journal.history(root) == ()
    assert record(root).path.name == "000001.json"


def test_folders_that_cannot_be_synced_are_no_trouble(tmp_path: Path) -> None:
    durable.sync_folder(tmp_path / "none")


def test_errors_of_the_block_are_not_taken_for_the_journals_own(root: Path) -> None:
    with pytest.raises(FileNotFoundError), journal.alone(root):
        (root / "none").read_bytes()
