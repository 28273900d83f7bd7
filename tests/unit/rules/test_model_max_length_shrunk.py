from typing import Any

import pytest

from pairs import LLAMA, merged_of, source_of
from slowlens.facts.runtimes import GENERATE
from slowlens.findings import Applicability, Edit, Finding, Severity
from slowlens.rules.model_max_length_shrunk import check
from talking import talking

NO_LIMIT = 1000000000000000019884624838656


def found(here: Any, there: Any, **config: Any) -> tuple[Finding, ...]:
    return tuple(
        check(
            merged_of(talking({"model_max_length": here}, config={**LLAMA, **config})),
            source_of(talking({"model_max_length": there})),
        )
    )


def test_a_limit_of_training() -> None:
    (finding,) = found(2048, 131072, max_position_embeddings=32768)
    assert (finding.severity, finding.affects) == (Severity.WARNING, GENERATE)
    assert finding.message == (
        "tokenizer_config.json says model_max_length: 2048, the source 131072; "
        "the model reads 32768"
    )
    assert "2048 tokens" in finding.cost
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    edit = Edit("tokenizer_config.json", ("model_max_length",), before=2048, after=131072)
    assert finding.fix.edits == (edit,)


def test_no_limit_before() -> None:
    (finding,) = found(512, NO_LIMIT)
    assert finding.message.endswith("the source 1e+30")


@pytest.mark.parametrize(
    ("here", "there", "context", "alarm"),
    [
        (2048, 4096, 4096, True),
        (2048, 4096, 2048, False),
        (2048, 4096, 2049, True),
        (2048, 4096, "2048", True),
        (2048, 4096, True, True),
        (4096, 4096, 8192, False),
        (8192, 4096, 8192, False),
        (4096, NO_LIMIT, 4096, False),
        (None, 4096, 8192, False),
        (2048, None, 8192, False),
        ("2048", 4096, 8192, False),
        (True, 4096, 8192, False),
        (0, 4096, 8192, False),
        (-1, 4096, 8192, False),
        (0.5, 4096, 8192, True),
        (512, 10**400, 8192, False),
        (512, float("inf"), 8192, False),
        (512, float("nan"), 8192, False),
    ],
)
def test_only_what_is_below_both(here: Any, there: Any, context: Any, alarm: bool) -> None:
    assert bool(found(here, there, max_position_embeddings=context)) is alarm


def test_the_context_may_be_nested() -> None:
    assert found(2048, 4096, text_config={"max_position_embeddings": 2048}) == ()


def test_models_that_write_nothing() -> None:
    assert found(512, 4096, architectures=["LlamaForSequenceClassification"]) == ()
