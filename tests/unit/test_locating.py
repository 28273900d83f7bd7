import json
from dataclasses import replace
from pathlib import Path

import pytest

import builders
from slowlens.diagnose import Outcome, Status
from slowlens.facts.checkpoint import Checkpoint
from slowlens.findings import Confidence, Finding, NumberEvidence, Severity, ValueEvidence
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.jsonspans import line_of
from slowlens.jsonvalue import ABSENT, Absent, Json
from slowlens.locating import located

TEXT = """{
  "a": 1,
  "text_config": {
    "b": {"c": [
      2
    ]},
    "a": 3
  },
  "a": 4
}
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        (("a",), 9),  # of duplicate keys the last one counts
        (("text_config",), 3),
        (("text_config", "a"), 7),
        (("text_config", "b", "c"), 4),
        (("text_config", "b", "c", "0"), 4),
        (("text_config", "missing"), 3),
        (("missing",), 1),
        (("missing", "too"), 1),
        ((), 1),
    ],
)
def test_the_line_of_a_key(pointer: tuple[str, ...], line: int) -> None:
    assert line_of(TEXT, pointer) == line


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    builders.checkpoint(tmp_path, {"model_type": "llama", "use_cache": False})
    return read_checkpoint(tmp_path)


def line(
    checkpoint: Checkpoint,
    found: Json | Absent = False,
    file: str = "config.json",
    pointer: tuple[str, ...] = ("use_cache",),
) -> int:
    evidence = ValueEvidence(file, pointer, found)
    number = NumberEvidence("n", 1.0, "tokens")
    finding = Finding("m", Severity.NOTE, Confidence.READ, (), (number, evidence))
    outcomes = (Outcome("q", Status.PASSED), Outcome("r", Status.FOUND, (finding,)))
    first, second = located(outcomes, checkpoint)
    assert first is outcomes[0]
    kept, item = second.findings[0].evidence
    assert kept is number
    assert isinstance(item, ValueEvidence)
    assert replace(item, line=0) == evidence
    return item.line


def test_the_evidence_gets_its_line(checkpoint: Checkpoint) -> None:
    assert line(checkpoint) == 3
    assert line(checkpoint, ABSENT, pointer=("missing",)) == 1
    assert line(checkpoint, True, pointer=("missing",)) == 1


def test_the_evidence_of_the_source_gets_none(checkpoint: Checkpoint) -> None:
    assert line(checkpoint, found=True) == 0


def test_what_cannot_be_read_gets_none(checkpoint: Checkpoint) -> None:
    assert line(checkpoint, file="model.safetensors", pointer=()) == 0
    assert line(checkpoint, file="nothing.json") == 0


def test_a_file_that_changed_since_does_not_fail(checkpoint: Checkpoint) -> None:
    config = checkpoint.root / "config.json"
    for text in ("[", '{"use_cache"', '{"a": {', "", '{"use_cache": \ufeff'):
        config.write_text(text)
        assert line(checkpoint) in (0, 1)
    config.unlink()
    assert line(checkpoint) == 0


def test_a_huge_file_is_left_alone(checkpoint: Checkpoint) -> None:
    huge = replace(checkpoint, files={"config.json": 5_000_000})
    assert line(huge) == 0


def test_a_line_that_a_rule_knows_is_kept(checkpoint: Checkpoint) -> None:
    evidence = ValueEvidence("config.json", ("use_cache",), found=False, line=77)
    finding = Finding("m", Severity.NOTE, Confidence.READ, (), (evidence,))
    (outcome,) = located([Outcome("r", Status.FOUND, (finding,))], checkpoint)
    assert outcome.findings[0].evidence == (evidence,)


def test_deep_nesting_does_not_fail(tmp_path: Path) -> None:
    values: object = 1
    for _ in range(90):
        values = {"k": values}
    builders.checkpoint(tmp_path, {"model_type": "llama", "deep": values})
    assert json.loads((tmp_path / "config.json").read_text())
    read = read_checkpoint(tmp_path)
    assert line(read, 1, pointer=("deep", *["k"] * 90)) == 92
