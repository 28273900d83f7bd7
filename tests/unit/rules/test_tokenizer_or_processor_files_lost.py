from typing import Any

import pytest

from pairs import merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint, FileProblem
from slowlens.facts.runtimes import ENGINES, EVERY, TRANSFORMERS, Runtime
from slowlens.findings import Applicability, Finding, Severity, Undecided
from slowlens.rules.tokenizer_or_processor_files_lost import check
from talking import ADDED, END, talking

FULL = talking({}, root="/the source")
WITHOUT = {token: number for token, number in ADDED.items() if token != END}
PICTURES: dict[str, Any] = {"preprocessor_config_json": {"size": 1}}
NESTED: dict[str, Any] = {"processor_config_json": {"image_processor": {"size": 1}}}


def found(here: Checkpoint, there: Checkpoint = FULL) -> tuple[Finding, ...]:
    return tuple(check(merged_of(here), source_of(there)))


def test_no_tokenizer_at_all() -> None:
    (finding,) = found(talking(None, names=(), added={}, root="/m"))
    assert finding.severity is Severity.ERROR
    assert finding.affects == (*TRANSFORMERS, *ENGINES)
    assert finding.message == "there is no tokenizer: the source has tokenizer.json"
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    command = "cp '/the source/tokenizer.json' '/the source/tokenizer_config.json' /m/"
    assert command in finding.fix.reason


def test_without_a_tokenizer_its_tokens_are_not_another_finding() -> None:
    (finding,) = found(talking({}, names=(), added=WITHOUT))
    assert "there is no tokenizer" in finding.message
    assert "does not load" in finding.cost


def test_tokenizer_config_alone_is_a_warning() -> None:
    (finding,) = found(talking(None))
    assert finding.cost == ""
    assert (finding.severity, finding.affects) == (Severity.WARNING, EVERY)
    assert "tokenizer_config.json is missing" in finding.message


def test_tokenizer_model_is_only_needed_by_the_converter() -> None:
    there = talking({}, names=("tokenizer.json", "tokenizer.model"))
    (finding,) = found(talking({}), there)
    assert (finding.severity, finding.affects) == (Severity.NOTE, (Runtime.LLAMA_CPP,))
    assert found(there, there) == ()


def test_a_processor_of_transformers_5_is_not_found_by_4() -> None:
    (finding,) = found(talking({}, **NESTED), talking({}, **PICTURES))
    assert (finding.severity, finding.affects) == (Severity.ERROR, (Runtime.TRANSFORMERS_4,))
    assert finding.fix is not None
    assert "cp x/preprocessor_config.json x/" in finding.fix.reason
    (finding,) = found(talking({}, **NESTED), talking({}, **NESTED))
    assert finding.fix is not None
    assert "save it with the image processor" in finding.fix.reason


def test_no_processor_at_all() -> None:
    (finding,) = found(talking({}), talking({}, **PICTURES))
    assert (finding.severity, finding.affects) == (Severity.ERROR, (*TRANSFORMERS, *ENGINES))
    sound = talking({}, processor_config_json={"feature_extractor": {}})
    (finding,) = found(talking({}, processor_config_json={"processor_class": "X"}), sound)
    assert "the source has processor_config.json" in finding.message


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (talking({}, **PICTURES), talking({}, **PICTURES)),
        (talking({}, **PICTURES), talking({}, **NESTED)),
        (talking({}, **PICTURES), talking({}, **PICTURES, **NESTED)),
        (talking({}), talking({}, processor_config_json={"processor_class": "X"})),
        (talking({}), talking({}, names=("tokenizer.json", "vocab.json", "merges.txt"))),
        (
            talking({}),
            talking({}, special_tokens_map_json={"eos_token": END}, added_tokens_json=ADDED),
        ),
        (talking({}, added={**ADDED, "<new>": 9}), FULL),
        (talking({"auto_map": {"AutoTokenizer": ["x", None]}}, names=(), added={}), FULL),
        (talking(None, names=(), added={}), talking(None, names=(), added={})),
        (talking({}, names=("tokenizer.model",), added={}), FULL),
        (FULL, talking({}, names=("vocab.json",), added={})),
    ],
)
def test_no_alarm(here: Checkpoint, there: Checkpoint) -> None:
    assert found(here, there) == ()


def test_a_token_that_ends_answers_is_no_longer_one() -> None:
    (finding,) = found(talking({}, added=WITHOUT))
    assert (finding.severity, finding.affects) == (Severity.ERROR, EVERY)
    assert finding.message == (
        "added tokens of the source no longer listed as tokens in tokenizer.json (1): <|im_end|>"
    )
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


def test_a_token_of_the_chat_template_counts_as_well() -> None:
    there = talking({}, tokens={"eos_token": "x"}, jinja="{{ m }}<|im_end|>")
    (finding,) = found(talking({}, added=WITHOUT), there)
    assert finding.severity is Severity.ERROR
    there = talking({}, tokens={"eos_token": "x"}, jinja="{{ m }}")
    (finding,) = found(talking({}, added=WITHOUT), there)
    assert finding.severity is Severity.WARNING


def test_without_tokenizer_json_the_other_list_counts() -> None:
    here = talking({}, names=("tokenizer.model",), added=WITHOUT)
    (finding,) = found(here)
    assert "in tokenizer_config.json" in finding.message


def test_a_reserved_token_may_get_another_name() -> None:
    there = talking({}, added={**ADDED, "<reserved>": 9})
    assert found(talking({}, added={**ADDED, "<tool>": 9}), there) == ()
    (finding,) = found(talking({}, added={**ADDED, "<tool>": 8}), there)
    assert "<reserved>" in finding.message
    (finding,) = found(talking({}, added={**WITHOUT, "<tool>": 2}))
    assert END in finding.message, "it ends the answers"


def test_ids_that_moved() -> None:
    (finding,) = found(talking({}, added={**ADDED, END: 7}))
    assert "with other ids" in finding.message
    assert finding.severity is Severity.ERROR


def test_many_tokens_are_not_all_named() -> None:
    there = talking({}, added={f"<{n}>": n for n in range(9)}, tokens={"eos_token": None})
    (finding,) = found(talking({}, added={}), there)
    assert finding.message.endswith("(9): <0>, <1>, <2> …")
    there = talking({}, added={f"<{n}>": n for n in range(3)})
    (finding,) = found(talking({}, added={}), there)
    assert finding.message.endswith("<0>, <1>, <2>")


@pytest.mark.parametrize("broken", ["here", "there"])
def test_what_cannot_be_read_is_not_fine(broken: str) -> None:
    bad = talking({}, added={}, problems=(FileProblem("tokenizer.json", "is cut off", ""),))
    with pytest.raises(Undecided):
        found(*((bad, FULL) if broken == "here" else (FULL, bad)))


def test_another_file_that_cannot_be_read_does_not_matter() -> None:
    problem = (FileProblem("config.json", "is cut off", ""),)
    assert len(found(talking({}, added={}, problems=problem))) == 1


def test_a_list_beside_an_unreadable_file_is_compared() -> None:
    problem = (FileProblem("tokenizer.json", "is cut off", ""),)
    assert found(talking({}, problems=problem)) == ()
