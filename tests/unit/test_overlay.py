"""Fixes tried on a double of the checkpoint, which itself stays as it is."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

import builders
from slowlens import overlay as overlays_module
from slowlens.checking import check
from slowlens.errors import PatchError, StaleEditError
from slowlens.facts.environment import Environment
from slowlens.findings import Applicability, Edit, Fix
from slowlens.fixes import static_cache
from slowlens.frozen import replace
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.jsonvalue import ABSENT
from slowlens.overlay import ALL, FOLDERS, candidates, overlay, overlays, static_version
from slowlens.repair import Chosen, Repair, fixes

CACHE_ON = Edit("generation_config.json", ("use_cache",), before=False, after=True)
SLOW = {**builders.GENERATION_CONFIG, "use_cache": False}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def values(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    folder = builders.checkpoint(tmp_path / "slow", generation=SLOW)
    (folder / "figures").mkdir()
    (folder / "figures" / "loss.json").write_text('{"loss": 1}')
    return folder


@pytest.fixture
def in_a_cache(slow: Path, tmp_path: Path) -> Path:
    """The same as the cache of a hub keeps it: every file is a relative link."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, file in enumerate(sorted(path for path in slow.iterdir() if path.is_file())):
        file.rename(blobs / str(number))
        (snapshot / file.name).symlink_to(Path("..") / ".." / "blobs" / str(number))
    return snapshot


def test_only_the_patched_file_is_another(slow: Path, tmp_path: Path) -> None:
    before = contents(slow)
    double = overlay(slow, [CACHE_ON], tmp_path / "double")
    assert contents(slow) == before
    assert values(double / "generation_config.json") == {**SLOW, "use_cache": True}
    assert not (double / "generation_config.json").is_symlink()
    changed = "generation_config.json"
    assert {n: b for n, b in contents(double).items() if n != changed} | {
        "figures/loss.json": b'{"loss": 1}'
    } == {n: b for n, b in before.items() if n != changed}
    assert (double / "model.safetensors").samefile(slow / "model.safetensors")
    assert (double / "figures").is_symlink()


def test_links_of_a_hub_cache_lead_to_the_files_themselves(
    in_a_cache: Path, tmp_path: Path
) -> None:
    before = contents(tmp_path / "blobs")
    double = overlay(in_a_cache, [CACHE_ON], tmp_path / "elsewhere" / "double")
    assert contents(tmp_path / "blobs") == before
    assert values(double / "generation_config.json")["use_cache"] is True
    link = (double / "model.safetensors").readlink()
    assert link == (in_a_cache / "model.safetensors").resolve()


def test_a_file_in_a_folder_is_patched_beside_links(slow: Path, tmp_path: Path) -> None:
    (slow / "figures" / "big.bin").write_bytes(b"1")
    edit = Edit("figures/loss.json", ("loss",), before=1, after=2)
    double = overlay(slow, [edit], tmp_path / "double")
    assert values(double / "figures" / "loss.json") == {"loss": 2}
    assert (double / "figures" / "big.bin").is_symlink()
    assert values(slow / "figures" / "loss.json") == {"loss": 1}


def test_a_new_file_is_made_in_the_double_alone(tmp_path: Path) -> None:
    folder = builders.checkpoint(tmp_path / "bare", generation=None)
    edit = Edit("generation_config.json", ("use_cache",), before=ABSENT, after=True)
    double = overlay(folder, [edit], tmp_path / "double")
    assert values(double / "generation_config.json") == {"use_cache": True}
    assert not (folder / "generation_config.json").exists()


def test_a_name_in_another_case_does_not_lead_back_into_the_checkpoint(
    slow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that takes both names for one: the link must not be written through."""
    order: list[str] = []
    write, link = overlays_module.write_new, Path.symlink_to
    monkeypatch.setattr(
        overlays_module, "write_new", lambda p, b: (order.append("write"), write(p, b))
    )
    monkeypatch.setattr(
        Path, "symlink_to", lambda self, *a, **k: (order.append("link"), link(self, *a, **k))
    )
    overlay(slow, [CACHE_ON], tmp_path / "double")
    assert order[0] == "write"
    assert "write" not in order[1:]


def no_links(self: Path, target: Path, target_is_directory: bool = False) -> None:
    raise PermissionError(1, "a privilege is not held")


def test_without_symlinks_files_are_linked_hard(
    slow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "symlink_to", no_links)
    double = overlay(slow, [CACHE_ON], tmp_path / "double")
    assert (double / "model.safetensors").samefile(slow / "model.safetensors")
    assert (double / "figures" / "loss.json").samefile(slow / "figures" / "loss.json")
    assert values(slow / "generation_config.json")["use_cache"] is False


def test_across_disks_without_symlinks_small_files_are_copied_and_large_ones_refused(
    slow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(self: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    monkeypatch.setattr(Path, "hardlink_to", other_disk)
    double = overlay(slow, [CACHE_ON], tmp_path / "double")
    assert (double / "config.json").read_bytes() == (slow / "config.json").read_bytes()
    monkeypatch.setattr(overlays_module, "LARGEST_COPY", 100)
    with pytest.raises(PatchError, match="cross-device") as refused:
        overlay(slow, [CACHE_ON], tmp_path / "again")
    assert "TMPDIR" in refused.value.hint


def test_a_double_inside_of_its_checkpoint_is_refused(slow: Path) -> None:
    with pytest.raises(PatchError, match="inside"):
        overlay(slow, [CACHE_ON], slow / "double")


def test_an_edit_that_no_longer_fits_makes_nothing(slow: Path, tmp_path: Path) -> None:
    stale = Edit("generation_config.json", ("use_cache",), before=None, after=True)
    with pytest.raises(StaleEditError):
        overlay(slow, [stale], tmp_path / "double")
    assert not (tmp_path / "double").exists()


def chosen(rule: str, *edits: Edit) -> Chosen:
    return Chosen(rule, Fix(rule, Applicability.SAFE, edits))


EOS = Edit("config.json", ("eos_token_id",), before=2, after=3)
STATIC = Fix(
    "Static", Applicability.SAFE,
    (Edit("generation_config.json", ("cache_implementation",), before=ABSENT, after="static"),),
)  # fmt: skip


def test_each_rule_is_tried_alone_and_all_together() -> None:
    found = candidates(Repair((chosen("cache", CACHE_ON), chosen("eos", EOS))))
    assert [(one.name, one.rules, one.edits) for one in found] == [
        ("merged + cache", ("cache",), (CACHE_ON,)),
        ("merged + eos", ("eos",), (EOS,)),
        (ALL, ("cache", "eos"), (CACHE_ON, EOS)),
    ]


def test_one_fix_is_all_of_them() -> None:
    found = candidates(Repair((chosen("cache", CACHE_ON),)))
    assert [one.name for one in found] == ["merged + cache"]
    assert candidates(Repair()) == ()


def test_rules_that_want_the_same_share_an_overlay() -> None:
    found = candidates(Repair((chosen("cache", CACHE_ON), chosen("latent", CACHE_ON))))
    assert [(one.name, one.rules) for one in found] == [("merged + cache", ("cache", "latent"))]


def test_several_fixes_of_one_rule_go_together() -> None:
    found = candidates(Repair((chosen("eos", EOS), chosen("eos", CACHE_ON))))
    assert [(one.name, one.edits) for one in found] == [("merged + eos", (EOS, CACHE_ON))]


def test_a_static_cache_comes_on_top_of_the_fixes() -> None:
    alone = candidates(Repair(), STATIC)
    assert [(one.name, one.rules) for one in alone] == [
        ("merged + static-cache", ("static-cache",))
    ]
    one = candidates(Repair((chosen("cache", CACHE_ON),)), STATIC)[-1]
    assert (one.name, one.rules) == (
        "merged + cache + static-cache", ("cache", "static-cache")
    )  # fmt: skip
    assert one.edits == (CACHE_ON, *STATIC.edits)
    two = candidates(Repair((chosen("cache", CACHE_ON), chosen("eos", EOS))), STATIC)[-1]
    assert two.name == "all fixes + static-cache"


def test_a_fix_of_the_kind_of_cache_leaves_no_room_for_a_static_one() -> None:
    kind = Edit("generation_config.json", ("cache_implementation",), before="x", after=ABSENT)
    found = candidates(Repair((chosen("cache-implementation-odd", kind),)), STATIC)
    assert len(found) == 1


@pytest.mark.parametrize("reason", [KeyboardInterrupt, None])
def test_overlays_of_a_run_are_gone_afterwards(slow: Path, reason: Any) -> None:
    run, before = check(slow), contents(slow)
    folders: list[Path] = []
    try:
        with overlays(run, static=5) as made:
            folders += [Path(one.path) for one in made]
            assert values(folders[0] / "generation_config.json")["use_cache"] is True
            last = values(folders[-1] / "generation_config.json")
            assert (last["use_cache"], last["cache_implementation"]) == (True, "static")
            assert made[0].name == "merged + gen-use-cache-false"
            if reason:
                raise reason
    except KeyboardInterrupt:
        assert reason
    assert not any(os.path.lexists(folder.parent) for folder in folders)
    assert contents(slow) == before


def test_doubles_of_a_process_that_was_killed_go_with_the_next_ones(
    slow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run, left = check(slow), tmp_path / f"{FOLDERS}x"
    (left / "0").mkdir(parents=True)
    (left / "lock").touch()
    with overlays(run) as made:
        assert made
        assert not left.exists()
        assert all(Path(one.path).is_dir() for one in made)


def test_only_the_fixes_that_are_asked_for(tmp_path: Path) -> None:
    """Turning the cache on is safe; taking code of the checkpoint along makes it unsafe."""
    config = {**builders.CONFIG, "auto_map": {"AutoModel": "m.M"}}
    run = check(builders.checkpoint(tmp_path / "m", config=config, generation=SLOW))
    with overlays(run) as made:
        assert "merged + gen-use-cache-false" in [one.name for one in made]
    with overlays(run, unsafe=False) as made:
        assert "merged + gen-use-cache-false" not in [one.name for one in made]
    with overlays(run, only=Repair()) as made:
        assert made == ()
    repair = fixes(run, unsafe=True)
    (one, *_) = repair.chosen
    with overlays(run, only=Repair((one,))) as made:
        assert [(each.rules, each.titles) for each in made] == [((one.rule,), (one.fix.title,))]


def static_of(folder: Path, major: int = 5, **changes: Any) -> Fix | None:
    generation = changes.pop("generation", builders.GENERATION_CONFIG)
    config = {**builders.CONFIG, **changes}
    made = builders.checkpoint(folder, config=config, generation=generation)
    return static_cache(read_checkpoint(made), major)


def test_a_static_cache_is_one_key_where_generation_parameters_are(tmp_path: Path) -> None:
    key = ("cache_implementation",)
    offered = static_of(tmp_path / "a")
    assert offered is not None
    assert offered.edits == (Edit("generation_config.json", key, ABSENT, "static"),)
    # A new generation_config.json would hide the end tokens of config.json.
    offered = static_of(tmp_path / "b", generation=None)
    assert offered is not None
    assert offered.edits == (Edit("config.json", key, ABSENT, "static"),)


@pytest.mark.parametrize(
    ("model_type", "major", "offered"),
    [
        ("llama", 5, True),
        ("llama", 4, True),
        ("qwen2_5_vl", 5, True),
        ("qwen2_5_vl", 4, False),
        ("qwen3_next", 5, False),
        ("mamba", 5, False),
        ("jamba", 4, False),
        ("unheard_of", 5, False),
        ("llama", 6, False),
    ],
)
def test_a_static_cache_is_offered_where_it_is_compiled(
    tmp_path: Path, model_type: str, major: int, offered: bool
) -> None:
    assert (static_of(tmp_path / "m", major, model_type=model_type) is not None) is offered


@pytest.mark.parametrize(
    ("kind", "offered"), [("dynamic", True), (None, True), ("static", False), ("offloaded", False)]
)
def test_a_kind_of_its_own_is_left_alone(tmp_path: Path, kind: str | None, offered: bool) -> None:
    generation = {**builders.GENERATION_CONFIG, "cache_implementation": kind}
    assert (static_of(tmp_path / "m", generation=generation) is not None) is offered


@pytest.mark.parametrize(
    ("device", "gpu", "version", "expected"),
    [
        ("auto", True, "5.23.0", 5),
        ("auto", False, "5.23.0", 0),
        ("cuda:1", False, "4.52.4", 4),
        ("cpu", True, "5.23.0", 0),
        ("auto", True, "", 0),
    ],
)
def test_a_static_cache_is_tried_on_a_gpu(
    slow: Path,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    gpu: bool,
    version: str,
    expected: int,
) -> None:
    monkeypatch.setattr(overlays_module, "hardware", lambda: object() if gpu else None)
    packages = {"transformers": version} if version else {}
    run = replace(check(slow), environment=Environment("3.12", "Linux", packages))
    assert static_version(run, device) == expected
