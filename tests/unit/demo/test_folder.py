import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slowlens.demo.folder import MARKER, find, put_in_place, refuse_foreign, seal, workplace
from slowlens.demo.recipe import MERGED, SOURCE, Weights
from slowlens.errors import SlowlensError


def built(place: Path, text: str = "{}") -> Path:
    for variant in (SOURCE, MERGED):
        (place / variant.name).mkdir(parents=True)
        (place / variant.name / "config.json").write_text(text)
        (place / variant.name / "model.safetensors").write_bytes(bytes(100))
    seal(place, Weights.SMOLLM2)
    return place


def test_sealed_folder_is_found_with_its_variants(tmp_path: Path) -> None:
    demo = find(built(tmp_path / "demo"))
    assert demo is not None
    assert (demo.weights, demo.changed) == (Weights.SMOLLM2, ())
    assert demo.source == tmp_path / "demo" / "source"
    assert demo.checkpoint(MERGED) == tmp_path / "demo" / "merged"


@pytest.mark.parametrize(
    "marker", ["", "[]", "null", '{"recipe": 1}', '{"recipe": 0, "files": {}}', "{", "\ud800"]
)
def test_unreadable_marker_is_no_demo(tmp_path: Path, marker: str) -> None:
    folder = built(tmp_path / "demo")
    (folder / MARKER).write_bytes(marker.encode(errors="surrogatepass"))
    assert find(folder) is None


def test_unsealed_folder_is_no_demo(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    assert find(tmp_path / "demo") is None
    assert find(tmp_path / "missing") is None


def test_older_recipe_is_built_again(tmp_path: Path) -> None:
    folder = built(tmp_path / "demo")
    marker = json.loads((folder / MARKER).read_text())
    (folder / MARKER).write_text(json.dumps(marker | {"recipe": marker["recipe"] - 1}))
    assert find(folder) is None


def test_edited_json_is_named_and_still_a_demo(tmp_path: Path) -> None:
    folder = built(tmp_path / "demo")
    (folder / "merged" / "config.json").write_text("[]")
    demo = find(folder)
    assert demo is not None
    assert demo.changed == ("merged/config.json",)


def test_lost_or_truncated_weights_are_no_demo(tmp_path: Path) -> None:
    weights = built(tmp_path / "demo") / "merged" / "model.safetensors"
    weights.write_bytes(bytes(99))
    assert find(tmp_path / "demo") is None
    weights.unlink()
    assert find(tmp_path / "demo") is None


def test_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    with pytest.raises(SlowlensError, match="left alone"):
        refuse_foreign(foreign)
    with pytest.raises(SlowlensError, match="left alone"):
        put_in_place(built(tmp_path / "built"), foreign, instead_of=None)
    assert (foreign / "thesis.txt").read_text() == "years of work"


def test_missing_empty_or_old_demo_folder_is_accepted(tmp_path: Path) -> None:
    refuse_foreign(tmp_path / "missing")
    refuse_foreign(tmp_path)
    refuse_foreign(built(tmp_path / "demo"))


def test_file_in_the_place_of_the_folder_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(SlowlensError, match=r"cannot be written to .*file: Not a directory"):
        refuse_foreign(file)


def test_rebuilt_demo_replaces_the_one_it_knew(tmp_path: Path) -> None:
    folder = built(tmp_path / "demo")
    before = find(folder)
    put_in_place(built(tmp_path / "new", '{"new": 1}'), folder, instead_of=before)
    assert (folder / "merged" / "config.json").read_text() == '{"new": 1}'
    assert list(tmp_path.iterdir()) == [folder]


def test_demo_that_another_process_finished_meanwhile_stays(tmp_path: Path) -> None:
    folder = built(tmp_path / "demo", '{"theirs": 1}')
    put_in_place(built(tmp_path / "new"), folder, instead_of=None)
    assert (folder / "merged" / "config.json").read_text() == '{"theirs": 1}'


def test_many_builders_at_once_leave_one_whole_demo(tmp_path: Path) -> None:
    folder = built(tmp_path / "demo")
    before = find(folder)
    places = [built(tmp_path / f"new-{number}") for number in range(16)]
    with ThreadPoolExecutor(16) as builders:
        done = [builders.submit(put_in_place, place, folder, before) for place in places]
    assert [builder.exception() for builder in done] == [None] * 16
    after = find(folder)
    assert after is not None
    assert before is not None
    assert after.build != before.build
    assert not list(tmp_path.glob(".*"))


def test_workplace_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "demo"
    with pytest.raises(RuntimeError), workplace(folder) as place:  # noqa: PT012
        (place / "half").write_text("")
        raise RuntimeError
    assert list(folder.parent.iterdir()) == []


def test_workplace_sweeps_what_a_killed_builder_left_and_spares_a_running_one(
    tmp_path: Path,
) -> None:
    abandoned, running = tmp_path / ".demo-building-a", tmp_path / ".demo-building-b"
    abandoned.mkdir()
    running.mkdir()
    long_ago = time.time() - 7200
    os.utime(abandoned, (long_ago, long_ago))
    with workplace(tmp_path / "demo"):
        assert not abandoned.exists()
        assert running.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_missing_permission_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SlowlensError, match="Permission denied"), workplace(tmp_path / "demo"):
        pass
