import errno
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runs import a_run
from slowlens.errors import RunFileError
from slowlens.places import HOME_VARIABLE
from slowlens.run import stamp
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


def with_runs(folder: Path, *ids: str) -> Store:
    store = Store(folder / "runs")
    for run_id in ids:
        store.save(replace(a_run(), id=run_id))
    return store


def test_ids_come_from_the_names_of_the_files(tmp_path: Path) -> None:
    store = with_runs(tmp_path, "2026-1", "2026-2")
    (store.folder / "2026-3.json").write_text("{")
    (store.folder / "not an id.json").write_text("{}")
    assert store.ids() == ("2026-3", "2026-2", "2026-1")
    assert Store(tmp_path / "none").ids() == ()


def test_the_beginning_of_an_id_is_enough_where_only_one_begins_so(tmp_path: Path) -> None:
    store = with_runs(tmp_path, "2026-1", "2026-2", "2026-22", "2025-1")
    assert store.find("2025") == "2025-1"
    assert store.find("2026-2") == "2026-2", "all of an id goes before the beginning of another"
    with pytest.raises(RunFileError, match=r"3 runs begin with 2026: 2026-22, 2026-2, 2026-1\.$"):
        store.find("2026")
    for nothing in ("", "7", "2025-11", "*"):
        with pytest.raises(RunFileError, match="There is no run"):
            store.find(nothing)


def test_the_last_part_of_an_id_is_enough_where_only_one_ends_so(tmp_path: Path) -> None:
    store = with_runs(tmp_path, "2026-a-05bf14", "2026-b-2ca468", "2026-c-2ca468")
    assert store.find("05bf14") == "2026-a-05bf14"
    with pytest.raises(RunFileError, match="2 runs begin or end with 2ca468: 2026-c-2ca468, 2026"):
        store.find("2ca468")
    with pytest.raises(RunFileError, match="There is no run"):
        store.find("14")


def test_of_many_candidates_the_newest_are_named(tmp_path: Path) -> None:
    store = with_runs(tmp_path, *(f"2026-{n}" for n in range(1, 9)))
    with pytest.raises(
        RunFileError, match=r"8 runs begin with 2026: 2026-8, .*, 2026-4 and 3 more"
    ):
        store.find("2026")


def test_what_is_deleted_comes_back_as_it_was(tmp_path: Path) -> None:
    store = with_runs(tmp_path, "2026-1", "2026-2")
    before = store.path("2026-1").read_bytes()
    store.delete("2026-1")
    assert (store.ids(), store.trash.ids()) == (("2026-2",), ("2026-1",))
    assert store.recent() == (store.load("2026-2"),)
    with pytest.raises(RunFileError, match="There is no run 2026-1"):
        store.delete("2026-1")
    store.restore("2026-1")
    assert (store.ids(), store.trash.ids()) == (("2026-2", "2026-1"), ())
    assert store.path("2026-1").read_bytes() == before
    with pytest.raises(RunFileError, match="There is no run 2026-1"):
        store.restore("2026-1")


def test_neither_way_a_run_takes_the_place_of_another(tmp_path: Path) -> None:
    store = with_runs(tmp_path, "2026-1")
    store.delete("2026-1")
    store.save(replace(a_run(), id="2026-1", answer="another"))
    for move in (store.delete, store.restore):
        with pytest.raises(RunFileError, match=r"There is a run 2026-1 in .* already"):
            move("2026-1")
    assert store.load("2026-1").answer == "another"
    assert store.trash.load("2026-1").answer == a_run().answer


def test_a_damaged_run_can_be_deleted(tmp_path: Path) -> None:
    store = with_runs(tmp_path, "2026-1")
    store.path("2026-1").write_text("{")
    store.delete("2026-1")
    assert store.trash.ids() == ("2026-1",)


def test_a_run_that_cannot_be_moved_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    store = with_runs(tmp_path, "2026-1")
    monkeypatch.setattr(os, "rename", refused)
    with pytest.raises(RunFileError, match=r"cannot be moved to .*: Permission denied"):
        store.delete("2026-1")
    assert store.ids() == ("2026-1",)


def test_runs_of_one_second_are_in_order_whatever_chance_adds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second, chance = 1_795_430_568 * 10**9, iter((b"\xff", b"\x80", b"\x00", b"\x00"))
    made = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _: next(chance))
        for nanoseconds in (0, 20_000, 999_999_999, 10**9):
            patched.setattr(time, "time_ns", lambda now=second + nanoseconds: now)
            made.append(stamp())
    assert made[1] == ("20261123-104248-000180", "2026-11-23T10:42:48+00:00")
    ids = [each.id for each in made]
    assert with_runs(tmp_path, *reversed(ids)).ids() == (*reversed(ids),)
