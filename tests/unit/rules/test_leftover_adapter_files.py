from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from literals import LORA, adapter
from pairs import made, merged_of
from slowlens.facts.checkpoint import Adapter
from slowlens.facts.environment import Environment
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import TRANSFORMERS, Runtime
from slowlens.findings import Applicability, Confidence, Severity, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.leftover_adapter_files import check

PLAIN = {"model.embed_tokens.weight": ("BF16", (16, 8))}
CONFIG_ALONE = ("adapter_config.json",)
TENSORS_ALONE = ("adapter_model.safetensors",)


def beside(*adapters: Adapter, shards: tuple[str, ...] = (), **config: Any) -> Merged:
    checkpoint = replace(made(config, tensors=PLAIN), adapters=adapters, root=Path("my model"))
    if shards:
        checkpoint = replace(checkpoint, weights=replace(checkpoint.weights, files=shards))
    return merged_of(checkpoint)


def test_what_each_version_loads() -> None:
    found, for_vllm = check(beside(adapter()), None)
    assert found.message == (
        "adapter_config.json is left beside whole weights: transformers 4 loads org/base with "
        "this adapter instead of them, transformers 5 applies this LoRA adapter to them once more"
    )
    assert found.severity is Severity.ERROR
    assert found.confidence is Confidence.READ
    assert found.affects == TRANSFORMERS
    assert found.evidence == (
        ValueEvidence("adapter_config.json", ("base_model_name_or_path",), "org/base"),
    )
    assert "1.2 times" in found.cost
    assert "8 times with DoRA" in found.cost
    assert for_vllm.affects == (Runtime.VLLM,)
    assert for_vllm.confidence is Confidence.SUSPECTED
    assert for_vllm.evidence == (ValueEvidence("adapter_model.safetensors", (), ABSENT),)


def test_the_command_moves_what_is_there() -> None:
    found, for_vllm = check(beside(adapter()), None)
    assert found.fix is not None
    assert found.fix.applicability is Applicability.MANUAL
    assert found.fix.edits == ()
    assert found.fix.reason == (
        "cd 'my model' && mkdir adapter && "
        "mv adapter_config.json adapter_model.safetensors adapter/"
    )
    assert for_vllm.fix == found.fix


def test_a_machine_without_peft() -> None:
    found, _ = check(beside(adapter()), Environment("3", "Linux"))
    assert found.message.endswith("; peft is not installed here, so on this machine both ignore it")
    with_peft, _ = check(beside(adapter()), Environment("3", "Linux", {"peft": "0.21.2"}))
    assert "installed" not in with_peft.message


def test_a_config_alone_stops_both() -> None:
    (found,) = check(beside(adapter(files=CONFIG_ALONE)), None)
    assert "transformers 4 does not load the folder" in found.message
    assert "transformers 5 does not load the folder" in found.message
    assert found.cost == ""


def test_a_base_that_is_not_named_stops_one() -> None:
    found, _ = check(beside(adapter({"peft_type": "LORA"})), None)
    assert "transformers 4 does not load the folder (adapter_config.json names no" in found.message
    assert "transformers 5 applies" in found.message
    assert found.cost
    assert found.evidence == (ValueEvidence("adapter_config.json", (), ABSENT),)


def test_tokens_for_the_prompt_are_not_loaded() -> None:
    found, _ = check(beside(adapter({**LORA, "peft_type": "P_TUNING"})), None)
    assert "transformers 5 does not load the folder (only PeftModel loads" in found.message
    assert found.cost == ""


def test_a_config_that_cannot_be_read() -> None:
    found, _ = check(beside(adapter(None)), None)
    assert "cannot be read" in found.message
    assert found.evidence == (ValueEvidence("adapter_config.json", (), ABSENT),)


def test_tensors_alone_matter_to_vllm_only() -> None:
    (finding,) = check(beside(adapter(None, files=TENSORS_ALONE)), None)
    assert finding.affects == (Runtime.VLLM,)


def test_with_an_index_vllm_reads_what_it_names() -> None:
    (finding,) = check(beside(adapter(), shards=("model-00001-of-00001.safetensors",)), None)
    assert finding.affects == TRANSFORMERS
    own = adapter(files=("adapter_config.json", "adapter_model.bin"))
    assert len(list(check(beside(own), None))) == 1


@pytest.mark.parametrize(
    "checkpoint",
    [
        beside(),
        beside(adapter(folder="lora_adapter")),
        beside(adapter(), model_type="granite_speech"),
        beside(adapter(), has_lora_adapter=True),
        merged_of(replace(made(), adapters=(adapter(),))),
    ],
)
def test_no_alarm(checkpoint: Merged) -> None:
    assert not list(check(checkpoint, None))


@pytest.mark.parametrize("value", [None, True, 5, 1e999, "x" * 5000, [1], {"a": []}])
def test_values_of_any_type(value: Any) -> None:
    config = dict.fromkeys(("peft_type", "base_model_name_or_path", "use_dora"), value)
    assert all(len(f.message) < 500 for f in check(beside(adapter(config)), None))
