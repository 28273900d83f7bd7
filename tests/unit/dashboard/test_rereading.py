import os
from dataclasses import replace
from pathlib import Path

import pytest

from runs import a_measurement, a_run
from slowlens.measure.session import measure
from slowlens.places import HOME_VARIABLE
from slowlens.run import Run
from slowlens.store import default_store, load
from slowlens_dashboard import rereading
from slowlens_dashboard.measuring.jobs import Jobs
from slowlens_dashboard.rereading import Files, whole


def folder_with(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.json").write_text(text)
    return tmp_path


def files_of(folder: Path, read: list[str]) -> Files[str]:
    def reader(path: Path) -> str:
        read.append(path.stem)
        return path.read_text()

    return Files(folder, reader, {})


def told(files: Files[str]) -> dict[str, str]:
    return {name: text for name, (_, text) in files.look().known.items()}


def test_a_file_is_read_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    read: list[str] = []
    files = files_of(folder_with(tmp_path, a="1", b="2"), read)
    assert told(files) == {"b": "2", "a": "1"}
    assert told(files) == {"b": "2", "a": "1"}
    assert read == ["b", "a"]
    folder_with(tmp_path, a="one", c="3")
    assert list(told(files).items()) == [("c", "3"), ("b", "2"), ("a", "one")]
    assert read[2:] == ["c", "a"]


def test_a_file_that_was_replaced_by_one_of_its_size_and_time_is_read_again(tmp_path: Path) -> None:
    read: list[str] = []
    files = files_of(folder_with(tmp_path, a="1"), read)
    files.look()
    old, new = tmp_path / "a.json", tmp_path / "new"
    new.write_text("2")
    os.utime(new, ns=(old.stat().st_mtime_ns,) * 2)
    new.replace(old)
    assert told(files) == {"a": "2"}


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    files = files_of(folder_with(tmp_path, a="1", b="2"), [])
    files.look()
    (tmp_path / "b.json").unlink()
    assert told(files) == {"a": "1"}
    assert files_of(tmp_path / "none", []).look() == ({}, 0, 0)


def test_without_patience_the_newest_are_read_first_and_the_rest_later(tmp_path: Path) -> None:
    read: list[str] = []
    files = files_of(folder_with(tmp_path, a="1", b="2", c="3"), read)
    found = files.look(patience=-1, least=1)
    assert (list(found.known), found.fresh, found.unread) == (["c"], 1, 2)
    found = files.look(patience=-1, least=1)
    assert (list(found.known), found.fresh, found.unread) == (["c", "b"], 1, 1)
    assert files.look().unread == 0
    assert read == ["c", "b", "a"]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    folder_with(tmp_path, a="1")
    (tmp_path / "a.unfinished").write_text("")
    assert list(told(files_of(tmp_path, []))) == ["a"]


def test_a_run_is_decoded_once_for_all_pages_and_again_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    read: list[str] = []

    def counted(path: Path) -> Run:
        read.append(path.stem)
        return load(path)

    monkeypatch.setattr(rereading, "load", counted)
    store = default_store()
    one = Jobs(store, measure)
    path = store.save(replace(a_run(a_measurement()), id="2026-1"))
    assert one.find("2026-1") is one.find("2026-1") is whole(path)
    assert read == ["2026-1"]
    store.save(replace(a_run(a_measurement()), id="2026-1", answer="another"))
    found = one.find("2026-1")
    assert found
    assert found.answer == "another"
    store.delete("2026-1")
    assert one.find("2026-1") is None
