"""Whatever form a patch is carried away in, applying it gives what applying the patch gives."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slowlens import patch
from slowlens.exports import FORMS, Carried, form
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT

CONFIG = {"use_cache": False, "text_config": {"use_cache": False, "a/b~c": [1]}, "eps": 1e-6}
EDITS = (
    Edit("config.json", ("use_cache",), False, True),
    Edit("config.json", ("text_config", "a/b~c"), [1], ["ä", None, {"x": 1.5}]),
    Edit("config.json", ("text_config", "use_cache"), False, ABSENT),
    Edit("config.json", ("new", "deep"), ABSENT, "here"),
    Edit("config.json", ("new", "other"), ABSENT, 2),
    Edit("generation_config.json", ("eos_token_id",), ABSENT, [2, 7]),
)
VALUES = {
    "config.json": {
        "use_cache": True,
        "text_config": {"a/b~c": ["ä", None, {"x": 1.5}]},
        "eps": 1e-6,
        "new": {"deep": "here", "other": 2},
    },
    "generation_config.json": {"eos_token_id": [2, 7]},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text(json.dumps(CONFIG, indent=2))
    return tmp_path / "m"


def exported(root: Path, name: str, edits: tuple[Edit, ...] = EDITS) -> bytes:
    return form(name).render(Carried(patch.prepare(root, edits), edits))


def values(root: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_bytes()) for path in root.glob("*.json")}


def test_names_are_different_and_nothing_in_a_file_tells_where_it_was_made(root: Path) -> None:
    assert len({one.name for one in FORMS}) == len(FORMS)
    for one in FORMS:
        content = exported(root, one.name)
        assert str(root).encode() not in content
        assert exported(root, one.name) == content


def test_every_form_is_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs" / "fixing.md").read_text(encoding="utf-8")
    assert all(f"| `{one.name}` |" in page for one in FORMS)


def test_the_zip_holds_whole_files_and_their_diff(root: Path) -> None:
    prepared = patch.prepare(root, EDITS)
    with zipfile.ZipFile(io.BytesIO(exported(root, "zip"))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            **{file.name: file.after for file in prepared.files},
            "slowlens.patch": exported(root, "diff"),
        }
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_the_diff_is_what_git_reads(root: Path) -> None:
    subprocess.run(["git", "apply", "-"], input=exported(root, "diff"), cwd=root, check=True)
    assert values(root) == VALUES


def test_a_json_patch_is_applied_by_others(root: Path) -> None:
    for name, operations in json.loads(exported(root, "json-patch")).items():
        before = values(root).get(name, {})
        assert jsonpatch.apply_patch(before, operations) == VALUES[name]


def test_a_json_patch_of_another_checkpoint_does_not_apply(root: Path) -> None:
    operations = json.loads(exported(root, "json-patch"))["config.json"]
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch({**CONFIG, "use_cache": True}, operations)


def test_lines_of_python_do_the_same(root: Path) -> None:
    subprocess.run([sys.executable, "-"], input=exported(root, "python"), cwd=root, check=True)
    assert values(root) == VALUES


def test_lines_of_python_read_what_begins_with_a_byte_order_mark(root: Path) -> None:
    config = root / "config.json"
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes())
    test_lines_of_python_do_the_same(root)


ODD = [
    float("inf"),
    float("-inf"),
    "inf",
    "nan of all",
    "\U0001f600",
    "\ud800",
    "a\\\"'\n\u2028",
    {},
]


@pytest.mark.parametrize("value", ODD)
def test_values_that_are_easily_misspelled(root: Path, value: Any) -> None:
    edits = (Edit("config.json", ("eps",), 1e-6, {"deep": [value, None, True]}),)
    script = exported(root, "python", edits)
    assert script.count(b"json.loads") == 1, "it reads the file, and nothing else"
    subprocess.run([sys.executable, "-"], input=script, cwd=root, check=True)
    assert values(root)["config.json"]["eps"] == {"deep": [value, None, True]}


KEYS = st.text("ab~/. ä\"'", min_size=1, max_size=3)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("ä\"'\\")
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(KEYS, TREES), KEYS, TREES | st.just(ABSENT))
def test_any_edit(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, Any], key: str, after: Any
) -> None:
    root = tmp_path_factory.mktemp("m")
    (root / "config.json").write_text(json.dumps(before))
    edits = (Edit("config.json", (key,), before.get(key, ABSENT), after),)
    prepared = patch.prepare(root, edits)
    wanted = {file.name: json.loads(file.after or b"{}") for file in prepared.files}
    fixes = Carried(prepared, edits)
    patches = json.loads(form("json-patch").render(fixes))
    assert {name: jsonpatch.apply_patch(before, ops) for name, ops in patches.items()} == wanted
    script = form("python").render(fixes).decode()
    exec(script.replace('Path(".")', f"Path({str(root)!r})"), {})  # noqa: S102
    assert values(root) == (wanted or {"config.json": before})
