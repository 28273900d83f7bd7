"""What an export tells to do before a merge, done with the library that merges."""

import json
import sys
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from slowlens import patch
from slowlens.checking import check
from slowlens.exports import Carried, form
from slowlens.exports.in_memory import settings
from slowlens.exports.mergers import FROM_CONFIG
from slowlens.facts.provenance import Likelihood, Trace, Writer
from slowlens.repair import fixes

pytest.importorskip("torch")
pytest.importorskip("transformers")

import transformers

from live import tiny

pytestmark = pytest.mark.live

WRITER = Writer(FROM_CONFIG, Likelihood.POSSIBLY, (Trace("generation_config.json"),))


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A checkpoint as a merger left it, whose config turned the cache off."""
    generation = {"use_cache": False, "_from_model_config": True, "eos_token_id": 258}
    folder = tiny.llama(tmp_path / "slow", generation)
    values = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**values, "use_cache": False}))
    return folder


def found(folder: Path) -> set[str]:
    return {rule for rule, finding in check(folder).findings if finding.fix is not None}


def saved(model: Any, into: Path) -> Path:
    model.save_pretrained(into)
    tiny.tokenizer().save_pretrained(into)
    return into


def test_settings_in_memory_are_what_a_save_writes(slow: Path, tmp_path: Path) -> None:
    repair = fixes(check(slow), unsafe=False, rules=("gen-use-cache-false",))
    assert "gen-use-cache-false" in found(slow)
    lines = [line for _, line in settings(repair.edits)]
    assert len(lines) == len(repair.edits) >= 3
    model = transformers.LlamaForCausalLM.from_pretrained(slow)
    assert "gen-use-cache-false" in found(saved(model, tmp_path / "as-it-was"))
    exec("\n".join(lines), {"model": model})  # noqa: S102
    assert found(saved(model, tmp_path / "merged")) == set()


def test_a_folder_that_is_right_merges_into_one_that_is(slow: Path, tmp_path: Path) -> None:
    """Merge as EasyR1 does since it keeps generation_config.json."""
    repair = fixes(check(slow), unsafe=False, rules=("gen-use-cache-false",))
    carried = Carried(patch.prepare(slow, repair.edits), repair.edits, writers=(WRITER,))
    advice = form("merger").render(carried).decode()
    lines = advice.split("```python\n")[1].split("\n```")[0]
    actor = tmp_path / "GLOBAL_STEP" / "actor"
    actor.mkdir(parents=True)
    slow.rename(actor / "huggingface")
    run([sys.executable, "-c", lines], cwd=tmp_path, check=True)
    config = transformers.AutoConfig.from_pretrained(actor / "huggingface")
    model = transformers.AutoModelForCausalLM.from_config(config)
    kept = transformers.GenerationConfig.from_pretrained(actor / "huggingface")
    model.generation_config = kept
    assert found(saved(model, tmp_path / "merged")) == set()
