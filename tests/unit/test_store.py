import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from runs import a_run
from slowlens.errors import RunFileError
from slowlens.places import HOME_VARIABLE
from slowlens.store import Store, load


def test_saved_runs_come_back_the_newest_first(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    older, newer = replace(a_run(), id="20260101-1"), replace(a_run(), id="20260102-1")
    for run in (older, newer):
        store.save(run)
    assert store.load(older.id) == older
    assert store.recent() == (newer, older)
    assert store.recent(1) == (newer,)
    assert {path.name for path in store.folder.iterdir()} == {
        "20260101-1.json",
        "20260102-1.json",
    }


def test_a_damaged_file_does_not_hide_the_others(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(a_run())
    (tmp_path / "broken.json").write_text("{")
    assert len(store.recent()) == 1


@pytest.mark.parametrize("run_id", ["../etc", "a/b", "", "a.b"])
def test_an_id_is_never_a_path(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(RunFileError):
        Store(tmp_path).load(run_id)


def test_a_missing_run_is_explained(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="no run file"):
        load(tmp_path / "x.json")
    with pytest.raises(RunFileError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_save_that_fails_leaves_nothing_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = Store(tmp_path)
    store.save(a_run())
    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(RunFileError, match=r"cannot be kept in .*: No space left") as caught:
            store.save(replace(a_run(), answer="another"))
    assert HOME_VARIABLE in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == [f"{a_run().id}.json"]
    assert store.recent() == (a_run(),)


def test_a_store_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFileError, match="cannot be kept in"):
        Store(tmp_path / "file" / "runs").save(a_run())
