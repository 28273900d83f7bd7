"""What transformers 5 saves, and which packages its fast layers ask for."""

import re
from pathlib import Path
from typing import Any

import pytest

from slowlens.diagnose import diagnose
from slowlens.facts.environment import Device, Environment, Hardware
from slowlens.facts.provenance import provenance
from slowlens.facts.reading import Merged, reading
from slowlens.findings import Finding
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import read_defaults
from slowlens.rules import (
    fast_path_missing,
    saved_by_newer_transformers,
    v5_saved_read_by_v4_rope,
)
from slowlens.rules.fast_path_missing import CONVOLUTION, DELTA, NEEDED, STATE_SPACE

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
MODELS = Path(transformers.__file__).parent / "models"
DEFAULTS = {major: read_defaults(major) for major in (4, 5)}
TEXT = {
    "vocab_size": 32, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 1,
}  # fmt: skip
ASKS = {
    CONVOLUTION: r'"causal_conv1d"\)|is_causal_conv1d_available\(\)|kernel\("causal-conv1d"\)',
    STATE_SPACE: r'"mamba_ssm"\)|is_mamba_(2_)?ssm_available\(\)|kernel\("mamba-ssm"\)',
    DELTA: r'"fla"\)|is_flash_linear_attention_available\(\)',
}
"""How modeling code asks for each package."""
LEFT_OUT = {"inkling", "inkling2", "granitemoeshared"}
"""Small convolutions beside attention, or code that is only inherited."""


def found(folder: Path) -> list[Finding]:
    facts = [reading(Merged, read_checkpoint(folder), DEFAULTS)]
    (outcome,) = diagnose(facts, [saved_by_newer_transformers.RULE])
    return list(outcome.findings)


@pytest.mark.parametrize(("theta", "noted"), [(100_000.0, True), (10_000.0, False)])
def test_what_version_5_saves_and_version_4_misreads(
    tmp_path: Path, theta: float, *, noted: bool
) -> None:
    rope = {"rope_theta": theta, "rope_type": "default"}
    how: dict[str, Any] = {"rope_parameters": rope} if MAJOR >= 5 else {"rope_theta": theta}
    config = transformers.LlamaConfig(**TEXT, **how)
    transformers.LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(tmp_path)
    assert not found(tmp_path)  # the rule of rotary positions tells it
    facts = [reading(Merged, read_checkpoint(tmp_path), DEFAULTS)]
    (outcome,) = diagnose(facts, [v5_saved_read_by_v4_rope.RULE])
    assert bool(outcome.findings) is (noted and MAJOR >= 5)
    (writer,) = (w for w in provenance(read_checkpoint(tmp_path)) if w.name == "transformers")
    assert writer.traces[0].found == transformers.__version__


def asked(model_type: str) -> set[str]:
    """The packages that the code of a model type asks for."""
    text = "".join(file.read_text() for file in (MODELS / model_type).glob("modeling_*.py"))
    return {package for package, pattern in ASKS.items() if re.search(pattern, text)}


def test_the_packages_are_those_that_the_code_asks_for() -> None:
    folders = {name: name for name in NEEDED if (MODELS / name).is_dir()}
    assert folders
    differing = {n: asked(n) for n in folders if n != "lfm2_vl" and asked(n) != set(NEEDED[n])}
    # version 5 runs Zamba's scan in plain torch in any case
    assert differing in ({}, {"zamba": {CONVOLUTION}})


def test_every_model_that_asks_is_known() -> None:
    asking = {folder.name for folder in MODELS.iterdir() if folder.is_dir() and asked(folder.name)}
    assert asking - LEFT_OUT <= set(NEEDED)


def test_a_model_that_lacks_its_packages_here(tmp_path: Path) -> None:
    """The installed transformers falls back to torch, and the rule says so where a GPU is."""
    config = transformers.MambaConfig(vocab_size=32, hidden_size=16, num_hidden_layers=1)
    transformers.MambaForCausalLM(config).save_pretrained(tmp_path)
    here = Environment("3.12", "Linux", {"torch": "2", "transformers": "5"})
    facts = [
        reading(Merged, read_checkpoint(tmp_path), DEFAULTS),
        here,
        Hardware((Device("cuda", "a GPU"),)),
    ]
    (outcome,) = diagnose(facts, [fast_path_missing.RULE])
    assert len(outcome.findings) == 1
    (without,) = diagnose(facts[:2], [fast_path_missing.RULE])
    assert without.reason == "needs a GPU"
