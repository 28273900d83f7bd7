import pytest

from pairs import merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.runtimes import ENGINES, GENERATE
from slowlens.findings import Applicability, Finding, Severity
from slowlens.rules.slow_tokenizer import check
from talking import talking

FAST = talking({}, root="/the source")
OLD = talking({}, names=("tokenizer.model",), root="/m")


def found(here: Checkpoint, there: Checkpoint | None = None) -> tuple[Finding, ...]:
    return tuple(check(merged_of(here), None if there is None else source_of(there)))


def reason(finding: Finding) -> str:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    return finding.fix.reason


def test_only_older_files() -> None:
    (finding,) = found(OLD)
    assert (finding.severity, finding.affects) == (Severity.WARNING, (*GENERATE, *ENGINES))
    assert finding.message == "there is no tokenizer.json: each start converts tokenizer.model anew"
    assert "AutoTokenizer.from_pretrained('/m').save_pretrained('/m')" in reason(finding)


def test_the_source_has_one() -> None:
    (finding,) = found(OLD, FAST)
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("; the source has one")
    assert "cp '/the source/tokenizer.json' /m/" in reason(finding)


def test_the_source_has_none_either() -> None:
    (finding,) = found(OLD, OLD)
    assert finding.severity is Severity.NOTE
    assert "save_pretrained" in reason(finding)


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("vocab.json", Severity.NOTE),
        ("vocab.txt", Severity.NOTE),
        ("spiece.model", Severity.WARNING),
        ("sentencepiece.bpe.model", Severity.WARNING),
    ],
)
def test_what_takes_long_is_a_warning(name: str, severity: Severity) -> None:
    for there in (None, FAST):
        (finding,) = found(talking({}, names=(name,)), there)
        assert finding.severity is severity
        assert ("30 minutes" in finding.cost) is (severity is Severity.WARNING)


@pytest.mark.parametrize(
    "here",
    [
        FAST,
        talking({}, names=("tokenizer.json", "tokenizer.model")),
        talking({}, names=("tekken.json",)),
        talking({"auto_map": {"AutoTokenizer": ["x", None]}}, names=("tokenizer.model",)),
        talking({}, names=()),
        talking({}, names=("merges.txt",)),
    ],
)
def test_no_alarm(here: Checkpoint) -> None:
    assert found(here) == ()
