from dataclasses import replace
from typing import Any

import pytest

from literals import LORA, LORA_TENSORS, adapter
from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Adapter
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import EVERY
from slowlens.findings import Applicability, Confidence, Severity, Undecided, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.adapter_mismatch import check

Q = "model.layers.0.self_attn.q_proj"
FITTING = {f"{Q}.weight": ("BF16", (8, 8))}
LARGER = {f"{Q}.weight": ("BF16", (16, 8))}


def alone(*adapters: Adapter) -> Merged:
    return merged_of(replace(made(None, None), adapters=adapters))


def beside(*adapters: Adapter, tensors: Any = FITTING) -> Merged:
    return merged_of(replace(made(tensors=tensors), adapters=adapters))


def test_an_alpha_of_nothing() -> None:
    (finding,) = check(alone(adapter({**LORA, "lora_alpha": 0})), None)
    assert finding.message == (
        "adapter_config.json: lora_alpha is 0, which switches the adapter off"
    )
    assert finding.severity is Severity.ERROR
    assert finding.confidence is Confidence.READ
    assert finding.affects == EVERY
    assert finding.evidence == (ValueEvidence("adapter_config.json", ("lora_alpha",), 0),)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "Set lora_alpha in adapter_config.json" in finding.fix.reason


def test_the_folder_of_a_merger() -> None:
    config = {**LORA, "lora_alpha": 0, "base_model_name_or_path": None}
    (finding,) = check(beside(adapter(config, folder="lora_adapter")), None)
    assert "lora_adapter/adapter_config.json: lora_alpha is 0" in finding.message
    assert "leaves the weights beside it without the training" in finding.message


def test_each_adapter_is_looked_at() -> None:
    off = {**LORA, "lora_alpha": 0}
    found = check(beside(adapter(off), adapter(off, folder="lora_adapter")), None)
    assert len(list(found)) == 2


def test_a_rank_that_is_not_there() -> None:
    (finding,) = check(alone(adapter({**LORA, "r": 8})), None)
    assert "says r 8, and" in finding.message
    assert "q_proj.lora_A.weight has rank 4" in finding.message
    assert finding.evidence == (ValueEvidence("adapter_config.json", ("r",), 8),)


@pytest.mark.parametrize(("dora", "said"), [(True, "there are none"), (False, "there are some")])
def test_dora_without_its_vectors(dora: bool, said: str) -> None:
    vectors = {} if dora else {f"base_model.model.{Q}.lora_magnitude_vector": (8,)}
    tensors = {**LORA_TENSORS, **vectors}
    (finding,) = check(alone(adapter({**LORA, "use_dora": dora}, tensors)), None)
    assert said in finding.message


def test_modules_without_tensors() -> None:
    config = {**LORA, "modules_to_save": ["lm_head", "embed_tokens"]}
    (finding,) = check(alone(adapter(config)), None)
    assert "lists lm_head in modules_to_save, but no tensors" in finding.message


def test_modules_matter_to_every_method() -> None:
    config = {**LORA, "peft_type": "IA3", "modules_to_save": ["lm_head"], "lora_alpha": 0, "r": 9}
    (finding,) = check(alone(adapter(config)), None)
    assert "modules_to_save" in finding.message


def test_a_base_that_is_not_named() -> None:
    (finding,) = check(alone(adapter({**LORA, "base_model_name_or_path": None})), None)
    assert "names no base_model_name_or_path" in finding.message
    pointer = ("base_model_name_or_path",)
    assert finding.evidence == (ValueEvidence("adapter_config.json", pointer, None),)
    config = {key: value for key, value in LORA.items() if key != pointer[0]}
    (gone,) = check(alone(adapter(config)), None)
    assert gone.evidence == (ValueEvidence("adapter_config.json", pointer, ABSENT),)


def test_another_model_than_the_source() -> None:
    (finding,) = check(alone(adapter()), source_of(made(tensors=LARGER)))
    assert "is for another model" in finding.message
    assert "of shape [4, 8] does not fit" in finding.message
    assert "of shape [16, 8]" in finding.message


def test_another_model_than_the_weights_beside_it() -> None:
    below = adapter(folder="lora_adapter")
    assert len(list(check(beside(below, tensors=LARGER), None))) == 1
    assert not list(check(beside(below, tensors=LARGER), source_of(made(tensors=FITTING))))


@pytest.mark.parametrize(
    "checkpoint",
    [
        beside(),
        alone(adapter()),
        beside(adapter()),
        beside(adapter({**LORA, "base_model_name_or_path": None})),
        beside(adapter({**LORA, "base_model_name_or_path": None}, folder="lora_adapter")),
        alone(adapter(None)),
        alone(adapter({**LORA, "peft_type": "IA3", "lora_alpha": 0, "r": 9})),
        alone(adapter({**LORA, "lora_alpha": 0, "alpha_pattern": {"q_proj": 8}})),
    ],
)
def test_no_alarm(checkpoint: Merged) -> None:
    assert not list(check(checkpoint, None))


def test_tensors_that_were_not_read_leave_it_open() -> None:
    pickled = adapter(tensors={}, files=("adapter_config.json", "adapter_model.bin"))
    with pytest.raises(Undecided, match="beside adapter_config"):
        list(check(alone(pickled), None))
    off = adapter({**LORA, "lora_alpha": 0}, {})
    assert len(list(check(alone(off), None))) == 1


@pytest.mark.parametrize(
    "value", [None, True, 5, -1, 1e999, 10**400, "x" * 5000, [1, "a"], {"a": []}]
)
def test_values_of_any_type(value: Any) -> None:
    keys = ("base_model_name_or_path", "use_dora", "lora_alpha", "alpha_pattern", "r")
    more = ("rank_pattern", "modules_to_save", "target_parameters")
    config = {**dict.fromkeys((*keys, *more), value), "peft_type": "LORA"}
    list(check(beside(adapter(config)), None))
    list(check(alone(adapter({**config, "peft_type": value})), None))
