from dataclasses import replace
from typing import Any

import pytest

from literals import LORA, adapter
from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Adapter
from slowlens.facts.environment import Environment
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import EVERY, Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.unmerged_adapter import check

PLAIN = {"model.embed_tokens.weight": ("BF16", (16, 8))}
WITH_PEFT = Environment("3", "Linux", {"peft": "0.21.2"})
DORA = {**LORA, "use_dora": True}
ENGINES = (Runtime.VLLM, Runtime.SGLANG, Runtime.LLAMA_CPP)
V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5


def folder(*adapters: Adapter, config: Any = None, **kwargs: Any) -> Merged:
    return merged_of(replace(made(config, None, **kwargs), adapters=adapters))


def whole(*adapters: Adapter, tensors: Any = PLAIN, config: Any = None) -> Merged:
    return folder(*adapters, config=config or {}, tensors=tensors)


def of(found: list[Finding], runtime: Runtime) -> list[Finding]:
    return [finding for finding in found if runtime in finding.affects]


def test_an_adapter_alone() -> None:
    slow, failing = check(folder(adapter()), None, WITH_PEFT)
    assert slow.message.startswith("the folder holds an adapter alone, not a merged checkpoint:")
    assert "runs org/base and computes the LoRA adapter beside it" in slow.message
    assert "peft" not in slow.message
    assert slow.severity is Severity.WARNING
    assert slow.affects == (V4, V5, Runtime.FORWARD)
    assert "1.2 to 2.4 times" in slow.cost
    assert failing.severity is Severity.ERROR
    assert failing.affects == ENGINES
    assert failing.message.endswith(": vLLM, SGLang and llama.cpp do not load it")
    assert slow.evidence == (
        ValueEvidence("adapter_config.json", ("base_model_name_or_path",), "org/base"),
        ValueEvidence("adapter_config.json", ("peft_type",), "LORA"),
        ValueEvidence("adapter_config.json", ("r",), 4),
    )


def test_the_lines_of_the_fix() -> None:
    fix = next(check(folder(adapter()), None, None)).fix
    assert fix is not None
    assert fix.applicability is Applicability.MANUAL
    assert fix.reason == (
        "from transformers import AutoModelForCausalLM, AutoTokenizer; "
        "from peft import PeftModel; "
        "base = AutoModelForCausalLM.from_pretrained('org/base', torch_dtype=\"auto\"); "
        "adapted = PeftModel.from_pretrained(base, 'x'); "
        "adapted.merge_and_unload().save_pretrained('x-merged'); "
        "AutoTokenizer.from_pretrained('org/base').save_pretrained('x-merged')"
    )


def test_the_source_is_the_base_where_there_is_one() -> None:
    here = replace(made(tensors=PLAIN), root=made().root / "source")
    fix = next(check(folder(adapter()), source_of(here), None)).fix
    assert fix is not None
    assert "from_pretrained('x/source', torch_dtype" in fix.reason


def test_the_adapters_own_tokenizer_and_kind_of_model() -> None:
    mapping = {"base_model_class": "LlavaForConditionalGeneration"}
    own = adapter({**LORA, "auto_mapping": mapping})
    fix = next(check(folder(own, tokenizer={"eos_token": "x"}), None, None)).fix
    assert fix is not None
    assert "base = AutoModelForImageTextToText." in fix.reason
    assert "AutoTokenizer.from_pretrained('x')" in fix.reason


def test_a_base_cannot_break_out_of_the_lines() -> None:
    base = "x'); import os; os.system('true"
    fix = next(check(folder(adapter({**LORA, "base_model_name_or_path": base})), None, None)).fix
    assert fix is not None
    assert repr(base) in fix.reason


def test_dora_is_many_times_slower() -> None:
    slow, _ = check(folder(adapter(DORA)), None, None)
    assert slow.severity is Severity.ERROR
    assert "8 times" in slow.cost
    assert "the DoRA adapter" in slow.message
    assert slow.evidence[-1] == ValueEvidence("adapter_config.json", ("use_dora",), True)


def test_without_peft_it_says_so() -> None:
    slow, _ = check(folder(adapter()), None, Environment("3", "Linux"))
    assert "peft is not installed here, so here the folder does not load" in slow.message
    assert slow.severity is Severity.ERROR


def test_prompts_cannot_be_merged() -> None:
    (failing,) = check(folder(adapter({**LORA, "peft_type": "PROMPT_TUNING"})), None, None)
    assert "transformers 4 (only PeftModel loads" in failing.message
    assert failing.fix is not None
    assert "cannot be merged" in failing.fix.reason


def test_a_config_beside_it_stops_transformers_5() -> None:
    slow, failing = check(folder(adapter(), config={}), None, None)
    assert slow.affects == (V4, Runtime.FORWARD)
    assert failing.affects == (V5, *ENGINES)
    assert "transformers 5 (with a config.json beside the adapter" in failing.message
    assert "transformers 4" not in failing.message


def test_without_a_base_nothing_loads_it() -> None:
    (failing,) = check(folder(adapter({"peft_type": "LORA"})), None, None)
    assert failing.affects == (V4, V5, *ENGINES)
    assert failing.fix is not None
    assert "from_pretrained('the base model'" in failing.fix.reason


@pytest.mark.parametrize(
    ("own", "evidence"),
    [
        (
            adapter(None, files=("adapter_model.safetensors",)),
            ValueEvidence("adapter_model.safetensors", (), ABSENT),
        ),
        (adapter(None), ValueEvidence("adapter_config.json", (), ABSENT)),
        (adapter({}), ValueEvidence("adapter_config.json", (), ABSENT)),
    ],
)
def test_files_that_say_nothing(own: Adapter, evidence: ValueEvidence) -> None:
    (failing,) = check(folder(own, config={}), None, None)
    assert failing.evidence == (evidence,)
    assert {V4, V5} <= set(failing.affects)


def test_the_folder_of_a_merger() -> None:
    below = adapter(folder="lora_adapter")
    (finding,) = check(whole(below), None, None)
    assert finding.severity is Severity.WARNING
    assert finding.confidence is Confidence.SUSPECTED
    assert finding.affects == EVERY
    assert finding.message.startswith("lora_adapter/ holds a LoRA adapter as verl's merger")
    assert finding.evidence[0].file == "lora_adapter/adapter_config.json"  # type: ignore[union-attr]
    assert finding.fix is not None
    assert "PeftModel.from_pretrained(base, 'x/lora_adapter')" in finding.fix.reason
    assert "base = AutoModelForCausalLM.from_pretrained('x'," in finding.fix.reason


def test_one_that_is_switched_off_is_the_subject_of_another_rule() -> None:
    assert not list(
        check(whole(adapter({**LORA, "lora_alpha": 0}, folder="lora_adapter")), None, None)
    )


def test_tensors_among_the_weights() -> None:
    names = ("model.q.lora_A.default.weight", "model.q.lora_B.default.weight")
    (finding,) = check(
        whole(tensors={**PLAIN, **dict.fromkeys(names, ("F32", (8, 8)))}), None, None
    )
    assert "model.safetensors holds 2 tensors of an adapter" in finding.message
    assert names[0] in finding.message
    assert finding.severity is Severity.WARNING
    assert finding.affects == EVERY
    assert finding.evidence == (ValueEvidence("model.safetensors", (), names[0]),)
    assert finding.fix is not None
    assert "merge_and_unload()" in finding.fix.reason


def test_weights_that_no_loader_finds_are_the_subject_of_another_rule() -> None:
    names = ("model.q.base_layer.weight", "model.q.lora_A.default.weight")
    merged = whole(tensors={**PLAIN, **dict.fromkeys(names, ("F32", (8, 8)))})
    assert not list(check(merged, None, None))


@pytest.mark.parametrize(
    "checkpoint",
    [
        whole(),
        whole(adapter()),
        folder(config={}),
        whole(adapter(folder="lora_adapter"), config={"model_type": "phi4mm"}),
        folder(adapter(), config={"model_type": "granite_speech"}),
        whole(
            tensors={"q.lora_A.speech.weight": ("BF16", (8, 8))}, config={"speech_lora": {"r": 1}}
        ),
    ],
)
def test_no_alarm(checkpoint: Merged) -> None:
    assert not list(check(checkpoint, None, None))


@pytest.mark.parametrize("value", [None, True, 5, 1e999, "x" * 5000, [1], {"a": []}])
def test_values_of_any_type(value: Any) -> None:
    keys = ("peft_type", "base_model_name_or_path", "use_dora", "lora_alpha", "auto_mapping", "r")
    config = dict.fromkeys(keys, value)
    for checkpoint in (folder(adapter(config)), whole(adapter(config, folder="lora_adapter"))):
        assert all(len(finding.message) < 500 for finding in check(checkpoint, None, None))
