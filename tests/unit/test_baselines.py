import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from literals import generation, measurement
from runs import a_measurement, a_run
from slowlens.baselines import Baselines, default_baselines
from slowlens.codec import encode
from slowlens.errors import RunFileError, UsageError
from slowlens.facts.live.imported import Imported
from slowlens.facts.live.trial import Cache
from slowlens.places import HOME_VARIABLE, state_folder

RUN = a_run(a_measurement())


def test_a_baseline_is_the_whole_run(tmp_path: Path) -> None:
    baselines = Baselines(tmp_path / "baselines")
    assert baselines.names() == ()
    for name in ("v1.2_final-3", "main"):
        baselines.save(name, RUN)
    assert baselines.load("main") == RUN
    assert baselines.names() == ("main", "v1.2_final-3")
    assert {p.name for p in baselines.folder.iterdir()} == {"main.json", "v1.2_final-3.json"}
    baselines.delete("main")
    assert baselines.names() == ("v1.2_final-3",)


@pytest.mark.parametrize(
    "name", ["", "../up", "a/b", ".hidden", "-force", "two words", "a\nb", "é", "a" * 65, "a\\b"]
)
def test_names_that_are_refused(tmp_path: Path, name: str) -> None:
    baselines = Baselines(tmp_path)
    for act in (lambda: baselines.save(name, RUN), lambda: baselines.delete(name)):
        with pytest.raises(UsageError, match="cannot be the name of a baseline"):
            act()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_one_is_replaced_on_request_only(tmp_path: Path) -> None:
    baselines = Baselines(tmp_path)
    baselines.save("main", RUN)
    other = replace(RUN, id="another")
    with pytest.raises(RunFileError, match="There is a baseline main already") as caught:
        baselines.save("main", other)
    assert "--force" in caught.value.hint
    assert baselines.load("main") == RUN
    baselines.save("main", other, replacing=True)
    assert baselines.load("main") == other


@pytest.mark.parametrize(
    "run",
    [
        a_run(),
        a_run(measurement()),
        a_run(measurement(generation(1, 1, 1, cache=Cache.ON))),
    ],
)
def test_a_run_without_the_times_of_merged_as_shipped_is_none(tmp_path: Path, run: object) -> None:
    with pytest.raises(RunFileError, match="merged was not timed as shipped"):
        Baselines(tmp_path).save("main", run)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_imported_run_is_none(tmp_path: Path) -> None:
    imported = replace(a_run(), imported=Imported("vLLM", "", "m", "", "mean", True, ()))
    with pytest.raises(RunFileError) as caught:
        Baselines(tmp_path).save("main", imported)
    assert str(caught.value).endswith("was imported: only measured runs can be a baseline.")
    assert "slowlens compare" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_put_there_and_is_none(tmp_path: Path) -> None:
    (tmp_path / "main.json").write_text(encode(a_run()))
    with pytest.raises(RunFileError, match="merged was not timed as shipped"):
        Baselines(tmp_path).load("main")


def test_one_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    baselines = Baselines(tmp_path / "none")
    with pytest.raises(RunFileError, match="There is no baseline main") as caught:
        baselines.load("main")
    assert "slowlens baseline save" in caught.value.hint
    for name in ("nightly", "release"):
        baselines.save(name, RUN)
    for act in (baselines.load, baselines.delete):
        with pytest.raises(RunFileError) as caught:
            act("nihgtly")
        assert caught.value.hint == "Did you mean nightly?"


def test_a_full_disk_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    baselines = Baselines(tmp_path)
    baselines.save("main", RUN)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(RunFileError, match=r"cannot be kept in .*: No space left") as caught:
            baselines.save("main", replace(RUN, id="x"), replacing=True)
    assert HOME_VARIABLE in caught.value.hint
    assert baselines.load("main") == RUN


def test_they_are_kept_apart_from_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert default_baselines().folder == state_folder() / "baselines"
