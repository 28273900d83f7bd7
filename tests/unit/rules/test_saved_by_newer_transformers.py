from dataclasses import replace
from typing import Any

import pytest

from pairs import made, merged_of
from slowlens.facts.pictures.pixels import IMAGE_TOKENS
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import Setting
from slowlens.findings import Applicability, Confidence, Finding, Severity, ValueEvidence
from slowlens.rules.saved_by_newer_transformers import check

V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5
ROPE = {"rope_parameters": {"rope_theta": 100000.0, "rope_type": "default"}}
NEW = {"model_type": "llama", "transformers_version": "5.23.0", "dtype": "bfloat16"}
TOKENIZER = {"tokenizer_class": "TokenizersBackend"}
BF16 = {"a": ("BF16", (2,))}


def read(config: dict[str, Any], tokenizer: dict[str, Any] | None = None) -> Merged:
    return merged_of(made({**NEW, **config}, tokenizer=tokenizer, tensors=BF16))


def found(*arguments: Any) -> list[Finding]:
    return list(check(read(*arguments)))


def test_all_of_it_in_one_note() -> None:
    here = read({**ROPE, "dtype": "float16"}, TOKENIZER)
    pictures = {V4: Setting(1222, "a"), V5: Setting(2691, "a")}
    (finding,) = check(replace(here, settings={**here.settings, IMAGE_TOKENS: pictures}))
    assert finding.message == (
        "saved by transformers 5.23.0; version 4 misreads the size of pictures, before 4.56 the "
        "dtype (bfloat16)"
    )
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.READ)
    assert finding.affects == (V4,)
    assert finding.evidence == (ValueEvidence("config.json", ("transformers_version",), "5.23.0"),)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


@pytest.mark.parametrize(
    ("config", "tokenizer", "word"),
    [
        ({**ROPE, "dtype": "float32"}, TOKENIZER, "before 4.56 the dtype"),
        ({"dtype": "float32"}, None, "before 4.56 the dtype"),
    ],
)
def test_each_by_itself(config: Any, tokenizer: Any, word: str) -> None:
    (finding,) = found(config, tokenizer)
    assert finding.message.partition("version 4 misreads ")[2].startswith(word)
    assert "," not in finding.message


def test_a_processor_that_version_4_cannot_load() -> None:
    here = read({})
    pictures = {V4: Setting(None, "a", fails=True), V5: Setting(None, "a")}
    assert list(check(replace(here, settings={**here.settings, IMAGE_TOKENS: pictures})))
    same = {V4: Setting(7, "a", "note"), V5: Setting(7, "b")}
    assert not list(check(replace(here, settings={**here.settings, IMAGE_TOKENS: same})))


@pytest.mark.parametrize("version", ["4.57.6", "", None, 5, [], "five", "5000000000.1", "-5", "²"])
def test_other_versions(version: Any) -> None:
    assert not found({"dtype": "float32", "transformers_version": version})


@pytest.mark.parametrize(
    ("config", "tokenizer"),
    [
        ({}, None),
        ({}, TOKENIZER),
        (ROPE, None),
        ({}, {"tokenizer_class": ["TokenizersBackend"]}),
        ({"rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}}, None),
        ({**ROPE, "rope_theta": 100000.0}, None),
        ({"dtype": "float16", "torch_dtype": "float16"}, None),
        ({"layer_types": ["full_attention"]}, None),
    ],
)
def test_what_both_read_alike(config: Any, tokenizer: Any) -> None:
    assert not found(config, tokenizer)


def test_the_number_of_experts_has_another_name() -> None:
    moe = {"model_type": "qwen3_moe", "num_local_experts": 160}
    (finding,) = found(moe)
    assert finding.message.endswith(
        "misreads the number of experts (160; it looks for num_experts) and does not load"
    )
    for other in (
        {"num_experts": 160},
        {"num_local_experts": 128},
        {"num_local_experts": "160"},
        {"model_type": "mixtral"},
    ):
        assert not found({**moe, **other})
