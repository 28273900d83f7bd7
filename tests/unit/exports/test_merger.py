"""What to do so that the next merge comes out right."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from slowlens import patch
from slowlens.exports import Carried, form
from slowlens.exports.in_memory import settings
from slowlens.exports.mergers import FROM_CONFIG, MERGERS, Reach
from slowlens.facts.provenance import FINGERPRINTS, Likelihood, Trace, Writer
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT

CONFIG = {"use_cache": False, "text_config": {"use_cache": False}, "rope_theta": 1e4}
GENERATION = {"use_cache": False, "_from_model_config": True, "eos_token_id": 2}
TURN_ON = (
    Edit("config.json", ("use_cache",), False, True),
    Edit("config.json", ("text_config", "use_cache"), False, True),
    Edit("generation_config.json", ("use_cache",), False, True),
    Edit("generation_config.json", ("_from_model_config",), True, ABSENT),
    Edit("generation_config.json", ("eos_token_id",), 2, [2, 7]),
)
ROPE = Edit("config.json", ("rope_theta",), 1e4, 1e5)
MARK = Trace("generation_config.json", "_from_model_config", found=True)
"""What a merger leaves."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "m" / "generation_config.json").write_text(json.dumps(GENERATION))
    return tmp_path / "m"


def advice(root: Path, *writers: str, edits: tuple[Edit, ...] = TURN_ON) -> str:
    found = tuple(Writer(name, Likelihood.POSSIBLY, (MARK,)) for name in writers)
    titles = ("Turn the key-value cache on",)
    return form("merger").render(Carried(patch.prepare(root, edits), edits, titles, found)).decode()


def blocks(text: str, language: str) -> list[str]:
    return [part.split("\n```")[0] for part in text.split(f"```{language}\n")[1:]]


def test_each_merger_is_known_by_traces_that_are_looked_for() -> None:
    known = {name for name, _, _ in FINGERPRINTS}
    for merger in MERGERS:
        assert set(merger.writers) <= known, merger.name
        assert all(url.startswith("https://") for url in merger.evidence)
        assert bool(merger.folder) == (merger.reach is Reach.FOLDER)
        assert merger.folder.split("/", maxsplit=1)[0] in merger.command
    assert len({merger.name for merger in MERGERS}) == len(MERGERS)


@pytest.mark.parametrize("name", sorted({one for merger in MERGERS for one in merger.writers}))
def test_whoever_left_a_trace_is_told_with_its_command(root: Path, name: str) -> None:
    text = advice(root, name)
    meant = [merger for merger in MERGERS if name in merger.writers]
    for merger in MERGERS:
        assert (merger.command in text) == (merger in meant)
    assert "It possibly had a hand in this checkpoint: there is `_from_model_config` in" in text
    assert "is not known" not in text


def test_what_no_file_tells_is_said_plainly_and_done_after_the_merge(root: Path) -> None:
    text = advice(root, "transformers")
    assert "## Which tool merged it is not known" in text
    assert all(merger.name in text for merger in MERGERS)
    run(blocks(text, "python")[-1], root)
    assert values(root) == wanted()


def test_a_merger_that_reads_a_folder_is_given_one_that_is_right(root: Path) -> None:
    text = advice(root, FROM_CONFIG)
    easy, verl = blocks(text, "python")
    assert "## After the merge" not in text, "nothing is left to do"
    actor = root.parent / "GLOBAL_STEP" / "actor"
    actor.mkdir(parents=True)
    root.rename(actor / "huggingface")
    run(easy, root.parent)
    assert values(actor / "huggingface") == wanted()
    assert verl == easy


def test_a_file_that_only_the_folder_has_keeps_its_other_keys(root: Path) -> None:
    (root / "generation_config.json").unlink()
    edits = (Edit("generation_config.json", ("use_cache",), ABSENT, True),)
    lines = blocks(advice(root, edits=edits), "python")[-1]
    (root / "generation_config.json").write_text('{"top_k": 5}')
    run(lines, root)
    assert values(root)["generation_config.json"] == {"top_k": 5, "use_cache": True}


def test_what_a_script_of_ones_own_saves_is_set_in_memory(root: Path) -> None:
    text = advice(root, "Unsloth")
    (lines,) = blocks(text, "python")
    model = model_of(root)
    exec("\n".join(lines.splitlines()[:-1]), {"model": model})  # noqa: S102
    assert model.config.use_cache is model.config.text_config.use_cache is True
    assert vars(model.generation_config) == {
        "use_cache": True,
        "_from_model_config": False,
        "eos_token_id": [2, 7],
    }
    assert "## After the merge" not in text


def test_what_cannot_be_set_in_memory_is_done_afterwards(root: Path) -> None:
    text = advice(root, "Unsloth", edits=(*TURN_ON, ROPE))
    assert "The rest cannot be set before: run the lines at the end" in text
    assert "rope_theta" not in blocks(text, "python")[0]
    run(blocks(text, "python")[-1], root)
    assert values(root)["config.json"]["rope_theta"] == 1e5
    alone = advice(root, "Unsloth", edits=(Edit("config.json", ("rope_theta",), 1e5, 1e4),))
    assert "These keys cannot be set before" in alone


def test_a_tool_without_an_option_says_so(root: Path) -> None:
    text = advice(root, "mergekit")
    assert "A recipe has no option for these keys." in text
    assert "Then put right what it wrote: the lines are at the end." in text
    assert "## After the merge" in text


@pytest.mark.parametrize("key", ["class", "a-b", "__import__('os').system('x') #"])
def test_no_key_becomes_a_statement(key: str) -> None:
    edits = [Edit("generation_config.json", (key,), 1, 2)]
    assert [*settings(edits)] == []


def test_values_of_a_checkpoint_are_nobodys_markdown(root: Path) -> None:
    hostile = "\n````\n<img src=x onerror=alert(1)>\n# heading"
    edits = (Edit("config.json", ("use_cache",), False, hostile),)
    writer = Writer("mergekit", Likelihood.PROBABLY, (Trace("`<b>`.yml"),))
    carried = Carried(patch.prepare(root, edits), edits, (hostile,), (writer,))
    fence = ""
    for line in form("merger").render(carried).decode().splitlines():
        if not fence and line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        elif fence and line.startswith(fence) and not line.strip("`"):
            fence = ""
        elif not fence:
            assert "<img" not in line
            assert not line.startswith("# h")
            assert "<b>" not in line or "`` `<b>`.yml ``" in line
    assert not fence


def model_of(root: Path) -> SimpleNamespace:
    inner = SimpleNamespace(**CONFIG["text_config"])  # type: ignore[arg-type]
    config = SimpleNamespace(**{**CONFIG, "text_config": inner})
    return SimpleNamespace(config=config, generation_config=SimpleNamespace(**GENERATION))


def run(lines: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-"], input=lines.encode(), cwd=folder, check=True)


def values(root: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_bytes()) for path in root.glob("*.json")}


def wanted() -> dict[str, Any]:
    config = {**CONFIG, "use_cache": True, "text_config": {"use_cache": True}}
    return {
        "config.json": config,
        "generation_config.json": {"use_cache": True, "eos_token_id": [2, 7]},
    }
