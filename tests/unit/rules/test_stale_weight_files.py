from collections.abc import Mapping
from dataclasses import replace

import pytest

from pairs import made, merged_of
from slowlens.facts.checkpoint import Checkpoint, Weights
from slowlens.facts.runtimes import ENGINES, EVERY, Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity
from slowlens.rules.stale_weight_files import check

SINGLE, INDEX, PICKLE = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
OLD = "model-00003-of-00003.safetensors"


def with_files(files: Mapping[str, int], *read: str) -> Checkpoint:
    sizes = {name: size * 1_000_000 for name, size in files.items()}
    return replace(made(), files=sizes, weights=Weights(read))


def findings(checkpoint: Checkpoint) -> list[Finding]:
    return list(check(merged_of(checkpoint)))


def one(checkpoint: Checkpoint) -> Finding:
    (finding,) = findings(checkpoint)
    assert finding.confidence is Confidence.SUSPECTED
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert finding.evidence
    return finding


def reason(finding: Finding) -> str:
    assert finding.fix is not None
    return finding.fix.reason


@pytest.mark.parametrize(
    ("files", "read"),
    [
        ({SINGLE: 9}, (SINGLE,)),
        ({ONE: 5, TWO: 5, INDEX: 1}, (ONE, TWO)),
        ({PICKLE: 9}, ()),
        ({SINGLE: 100, PICKLE: 100}, (SINGLE,)),
        ({ONE: 5, TWO: 5, INDEX: 1, "pytorch_model-00001-of-00001.bin": 10}, (ONE, TWO)),
        ({SINGLE: 9, "consolidated.safetensors": 5}, (SINGLE,)),
        ({SINGLE: 9, INDEX: 5}, (SINGLE,)),
        ({SINGLE: 9, "adapter_model.safetensors": 5}, (SINGLE,)),
        ({ONE: 5}, (ONE,)),
        ({}, ()),
    ],
)
def test_one_save(files: Mapping[str, int], read: tuple[str, ...]) -> None:
    assert not findings(with_files(files, *read))


@pytest.mark.parametrize(("size", "severity"), [(10, "warning"), (30, "error")])
def test_a_single_file_hides_shards(size: int, severity: str) -> None:
    finding = one(with_files({SINGLE: size, ONE: 5, TWO: 5, INDEX: 1}, SINGLE))
    assert finding.severity is Severity(severity)
    assert finding.affects == EVERY
    assert f"2 shards such as {ONE}" in finding.message
    assert f"rm -- {SINGLE}. If the shards are: cd x && rm -- {ONE} {TWO} {INDEX}" in reason(
        finding
    )


def test_without_an_index_engines_read_both() -> None:
    finding = one(with_files({SINGLE: 10, ONE: 5, TWO: 5}, SINGLE))
    assert finding.message.endswith("vLLM and SGLang read both")
    assert reason(finding).endswith(f"rm -- {ONE} {TWO}")
    indexed = one(with_files({SINGLE: 10, ONE: 5, TWO: 5, INDEX: 1}, SINGLE))
    assert indexed.message.endswith("vLLM and SGLang read the shards")


def test_shards_that_the_index_does_not_name() -> None:
    finding = one(with_files({ONE: 5, TWO: 5, INDEX: 1, OLD: 4}, ONE, TWO))
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith(f"1 shard such as {OLD}, which {INDEX} does not name")
    assert f"rm -- {OLD}" in reason(finding)
    assert finding.affects == EVERY


def test_a_pickle_is_read_where_the_index_is_missing() -> None:
    finding = one(with_files({ONE: 5, TWO: 5, PICKLE: 10}, ONE, TWO))
    assert finding.severity is Severity.ERROR
    assert f"reads {PICKLE} instead of the shards" in finding.message
    assert f"rm -- {PICKLE}" in reason(finding)
    pickles = {f"pytorch_model-0000{i}-of-00002.bin": 5 for i in (1, 2)}
    assert "rm -- pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin" in reason(
        one(with_files({ONE: 5, **pickles}, ONE))
    )


def test_two_sets_without_an_index() -> None:
    finding = one(with_files({ONE: 5, TWO: 5, OLD: 4}, ONE, TWO, OLD))
    assert finding.severity is Severity.ERROR
    assert "shards of 2 saves lie in one folder (-of-00002 and -of-00003)" in finding.message
    assert finding.affects == (*ENGINES, Runtime.LLAMA_CPP)


def test_a_pickle_of_another_size() -> None:
    finding = one(with_files({SINGLE: 100, PICKLE: 150}, SINGLE))
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith(f"{PICKLE} is never read, because {SINGLE} comes first")
    assert finding.affects == EVERY
    assert f"cd x && rm -- {PICKLE}. If not: cd x && rm -- {SINGLE}" in reason(finding)


def test_names_are_quoted_for_the_shell() -> None:
    found = replace(with_files({SINGLE: 9, ONE: 5}, SINGLE), root=made().root / "a b")
    assert "cd 'x/a b' && rm --" in reason(one(found))
