from dataclasses import replace
from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.runtimes import TRANSFORMERS, Runtime
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.jsonvalue import ABSENT
from slowlens.rules.remote_code import check

LOCAL = {"AutoConfig": "configuration_x.C", "AutoModelForCausalLM": "modeling_x.M"}
REMOTE = {"AutoModelForCausalLM": "org/name--modeling_x.M"}
BOTH = ("configuration_x.py", "modeling_x.py")
OWN = "my_model"
TENSORS = {"a": ("BF16", (2,))}


def found(
    config: dict[str, Any],
    files: tuple[str, ...] = (),
    source: tuple[dict[str, Any], tuple[str, ...]] | None = None,
    **others: Any,
) -> list[Finding]:
    there = None if source is None else source_of(made(source[0], unreadable=source[1]))
    return list(check(merged_of(made(config, tensors=TENSORS, unreadable=files, **others)), there))


def test_a_native_model_type_without_its_code() -> None:
    (finding,) = found({"model_type": "llama", "auto_map": LOCAL})
    assert finding.message == (
        "config.json: auto_map names configuration_x.py, modeling_x.py, which is not in the "
        "folder: with trust_remote_code=True loading fails, without it the class of transformers "
        "is used"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.affects == TRANSFORMERS
    assert finding.evidence == (
        ValueEvidence("config.json", ("auto_map", "AutoConfig"), "configuration_x.C"),
        ValueEvidence("config.json", ("auto_map", "AutoModelForCausalLM"), "modeling_x.M"),
    )
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (Edit("config.json", ("auto_map",), before=LOCAL, after=ABSENT),)


def test_a_model_type_of_its_own_without_its_code_does_not_load() -> None:
    (finding,) = found({"model_type": OWN, "auto_map": LOCAL}, ("modeling_x.py",))
    assert (
        "names configuration_x.py, which is not in the folder, and transformers has no model"
        in (finding.message)
    )
    assert finding.severity is Severity.ERROR
    assert finding.affects == TRANSFORMERS
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert finding.fix.reason.startswith("cp SOURCE/configuration_x.py x/, ")


def test_a_model_type_that_only_transformers_5_knows() -> None:
    first, second = found({"model_type": "qwen3_5", "auto_map": LOCAL})
    assert (first.severity, first.affects) == (Severity.ERROR, (Runtime.TRANSFORMERS_4,))
    assert second.severity is Severity.WARNING
    assert second.affects == (Runtime.TRANSFORMERS_5, Runtime.FORWARD)
    assert second.fix is not None
    assert second.fix.applicability is Applicability.MANUAL


def test_a_tokenizer_without_its_code() -> None:
    tokenizer = {"auto_map": {"AutoTokenizer": ["tokenization_x.T", None]}}
    (finding,) = found({"model_type": OWN}, tokenizer=tokenizer)
    assert finding.message.startswith("tokenizer_config.json: auto_map names tokenization_x.py")
    assert finding.severity is Severity.WARNING
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


@pytest.mark.parametrize("model_type", [OWN, "qwen3_5"])
def test_a_map_that_was_lost(model_type: str) -> None:
    there = ({"model_type": model_type, "auto_map": LOCAL}, BOTH)
    (finding,) = found({"model_type": model_type}, source=there)
    assert finding.message.startswith("config.json lost auto_map, and transformers has no model")
    assert finding.severity is Severity.ERROR
    assert (Runtime.TRANSFORMERS_5 in finding.affects) == (model_type == OWN)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


def test_code_that_moved_to_the_hub() -> None:
    there = ({"model_type": "llama", "auto_map": LOCAL}, BOTH)
    (finding,) = found({"model_type": "llama", "auto_map": REMOTE}, source=there)
    assert finding.message.startswith("config.json: auto_map fetches the code from org/name, where")
    assert finding.severity is Severity.NOTE
    assert finding.evidence == (
        ValueEvidence(
            "config.json", ("auto_map", "AutoModelForCausalLM"), "org/name--modeling_x.M"
        ),
    )


@pytest.mark.parametrize(
    ("config", "files", "source"),
    [
        ({"model_type": "llama"}, (), None),
        ({"model_type": OWN}, (), None),
        ({"model_type": OWN, "auto_map": LOCAL}, BOTH, None),
        ({"model_type": "llama", "auto_map": REMOTE}, (), None),
        ({"model_type": "llama", "auto_map": REMOTE}, (), ({"auto_map": REMOTE}, ())),
        ({"model_type": "llama", "auto_map": REMOTE}, (), ({"auto_map": {"AutoModel": "a.B"}}, ())),
        ({"model_type": "llama"}, (), ({"model_type": "llama", "auto_map": LOCAL}, BOTH)),
        ({"model_type": OWN}, (), ({"model_type": OWN}, ())),
        ({"model_type": OWN, "auto_map": REMOTE}, (), ({"auto_map": REMOTE}, ())),
        ({"model_type": OWN, "auto_map": {"AutoModel": "sub.modeling_x.M"}}, (), None),
        ({"auto_map": 3}, (), ({"auto_map": LOCAL}, BOTH)),
    ],
)
def test_no_alarm(config: Any, files: Any, source: Any) -> None:
    assert not found(config, files, source)


def test_a_lost_map_of_a_tokenizer_is_no_matter_of_the_model() -> None:
    tokenizer = {"auto_map": {"AutoTokenizer": ["a.T", None]}}
    there = source_of(made({"model_type": OWN}, tokenizer=tokenizer))
    assert not list(check(merged_of(made({"model_type": OWN})), there))


@pytest.mark.parametrize(
    "value", [None, 3, "a.B", [], [[]], {"A": None}, {"A": 3}, {"A": {}}, {"A": "nothing"}]
)
def test_any_type_of_map(value: Any) -> None:
    assert not found({"model_type": OWN, "auto_map": value})
    assert not list(check(merged_of(replace(made(None))), None))


def test_configs_alone_and_downloads_say_nothing() -> None:
    config = {"model_type": OWN, "auto_map": LOCAL}
    with pytest.raises(Undecided, match="no weights"):
        list(check(merged_of(made(config)), None))
    pickled = made(config, unreadable=("pytorch_model.bin",))
    assert list(check(merged_of(pickled), None))
    download = replace(made(config, tensors=TENSORS), origin="org/name@abc")
    with pytest.raises(Undecided, match="cache"):
        list(check(merged_of(download), None))
