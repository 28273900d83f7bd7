from collections.abc import Mapping
from dataclasses import replace

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint, Weights
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.findings import Applicability, Finding, Severity
from slowlens.rules.bin_instead_of_safetensors import check

PICKLE = {"pytorch_model.bin": 5}


def of(files: Mapping[str, int]) -> Checkpoint:
    read = tuple(name for name in files if name.endswith(".safetensors"))
    return replace(made(), files=dict(files), weights=Weights(read))


def one(files: Mapping[str, int], source: Checkpoint | None = None) -> Finding:
    against = None if source is None else source_of(source)
    (finding,) = check(merged_of(of(files)), against)
    assert finding.affects == (*TRANSFORMERS, *ENGINES)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "save_pretrained" in finding.fix.reason
    return finding


def test_a_pickle() -> None:
    finding = one(PICKLE)
    assert finding.severity is Severity.WARNING
    assert "the pickle pytorch_model.bin:" in finding.message
    assert "source" not in finding.message


def test_shards() -> None:
    files = {f"pytorch_model-0000{i}-of-00002.bin": 5 for i in (1, 2)}
    assert "pytorch_model-00001-of-00002.bin and 1 more" in one(files).message


def test_as_the_source() -> None:
    finding = one(PICKLE, of(PICKLE))
    assert finding.severity is Severity.NOTE
    assert finding.message.endswith("the source is a pickle too")
    assert one(PICKLE, of({"model.safetensors": 5})).severity is Severity.WARNING


@pytest.mark.parametrize(
    "files",
    [
        {"model.safetensors": 5},
        {"model.safetensors": 5, **PICKLE},
        {"model.safetensors.index.json": 1, "model-00001-of-00001.safetensors": 1, **PICKLE},
        {"training_args.bin": 5},
        {},
    ],
)
def test_pickles_that_nobody_reads(files: Mapping[str, int]) -> None:
    assert not list(check(merged_of(of(files)), None))
