import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from runs import a_run
from slowlens.errors import RunFileError, UsageError
from slowlens.labels import LONGEST_NAME, LONGEST_NOTE, NONE, Label, Labels, labels_of
from slowlens.places import HOME_VARIABLE
from slowlens.store import Store


def test_a_name_and_a_note_are_kept_beside_the_run_which_stays_as_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.save(a_run())
    before, labels = path.read_bytes(), labels_of(store)
    assert labels.get(a_run().id) == NONE
    label = Label("after the fix", "long prompt\nsecond look")
    assert labels.put(a_run().id, " after  the fix ", "long prompt \nsecond look\n") == label
    assert labels.get(a_run().id) == label
    assert labels.all() == {a_run().id: label}
    assert path.read_bytes() == before
    assert store.ids() == (a_run().id,), "a label is no run"


def test_what_is_empty_is_removed_and_what_is_left_out_stays(tmp_path: Path) -> None:
    labels = Labels(tmp_path)
    labels.put("2026-1", "a", "note")
    assert labels.put("2026-1", "b") == Label("b", "note")
    assert labels.put("2026-1", "") == Label("", "note")
    assert labels.put("2026-1", "", "") == NONE
    assert labels.all() == {}
    assert not list(tmp_path.glob("*.json"))


def test_they_outlive_the_trash(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(replace(a_run(), id="2026-1"))
    labels_of(store).put("2026-1", "kept")
    store.delete("2026-1")
    assert labels_of(store).get("2026-1") == Label("kept")
    store.restore("2026-1")
    assert labels_of(store).named("kept") == ("2026-1",)


def test_several_runs_may_have_one_name(tmp_path: Path) -> None:
    labels = Labels(tmp_path)
    for run_id, name in (("2026-1", "fix"), ("2026-2", "Fix"), ("2026-3", "fix")):
        labels.put(run_id, name)
    assert labels.named("fix") == ("2026-3", "2026-1")
    assert labels.named("other") == labels.named("") == ()


@pytest.mark.parametrize(
    "name", ["a\x1b[2J", "a\x00", "\ud800", "x" * (LONGEST_NAME + 1), "20261123-104248-000180"]
)
def test_names_that_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a run"):
        Labels(tmp_path).put("2026-1", name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("note", ["a\x1b[2J", "\ud800", "x" * (LONGEST_NOTE + 1)])
def test_notes_that_are_refused(tmp_path: Path, note: str) -> None:
    with pytest.raises(UsageError, match="cannot be kept as it is"):
        Labels(tmp_path).put("2026-1", "a", note)
    assert list(tmp_path.iterdir()) == []


def test_an_id_is_never_a_path(tmp_path: Path) -> None:
    for act in (Labels(tmp_path).get, lambda run_id: Labels(tmp_path).put(run_id, "a")):
        with pytest.raises(RunFileError, match="is not the id of a run"):
            act("../up")


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"name": 1, "note": null}', b"\xff", b"[" * 100_000, b"{}"]
)
def test_a_damaged_file_is_no_label_and_can_be_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "2026-1.json").write_bytes(content)
    labels = Labels(tmp_path)
    assert labels.get("2026-1") == NONE
    assert labels.all() == {}
    labels.put("2026-1", "new")
    assert labels.all() == {"2026-1": Label("new")}


def test_many_writers_at_once_leave_whole_files_and_lose_none(tmp_path: Path) -> None:
    labels = Labels(tmp_path)

    def write(number: int) -> None:
        labels.put("2026-0", f"of writer {number}", f"{number}" * 500)
        labels.put(f"2026-{number}", f"own {number}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(1, 49)))
    shared = labels.get("2026-0")
    number = shared.name.rpartition(" ")[2]
    assert shared.note == number * 500, "the name and the note are of one writer"
    assert len(labels.all()) == 49
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_full_disk_says_what_to_do_and_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    labels = Labels(tmp_path)
    labels.put("2026-1", "first")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(RunFileError, match=r"cannot be kept in .*: No space left") as caught:
            labels.put("2026-1", "second")
    assert HOME_VARIABLE in caught.value.hint
    assert labels.get("2026-1") == Label("first")
    assert json.loads((tmp_path / "2026-1.json").read_text()) == {"name": "first", "note": ""}
