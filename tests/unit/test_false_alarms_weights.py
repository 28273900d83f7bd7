"""Weights that look wrong and are not, by all rules about weights; and what is easily missed."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from builders import (
    CONFIG,
    TENSORS,
    Tensors,
    checkpoint,
    header,
    write_header,
    write_json,
    write_sharded,
)
from pairs import merged_of, saved, source_of
from slowlens.diagnose import Status, diagnose
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.runtimes import TRANSFORMERS, Runtime
from slowlens.facts.weights.tensors import tensor_changes
from slowlens.findings import Finding
from slowlens.gather.checkpoint import read_checkpoint
from weightrules import RULES

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "v4v5"
PAIRS = [
    (one, other)
    for model in sorted(FIXTURES.iterdir())
    if model.is_dir()
    for one in sorted(model.iterdir())
    for other in sorted(model.iterdir())
    if one.is_dir() and other.is_dir()
]


def findings(merged: Checkpoint, source: Checkpoint | None = None) -> list[tuple[str, Finding]]:
    facts: list[object] = [merged_of(merged)]
    if source is not None:
        facts += [source_of(source), tensor_changes(source.weights, merged.weights)]
    outcomes = diagnose(facts, RULES)
    assert not [o for o in outcomes if o.status is Status.CRASHED]
    return [(outcome.rule, finding) for outcome in outcomes for finding in outcome.findings]


def read(
    folder: Path, config: Mapping[str, object] = CONFIG, tensors: Tensors = TENSORS
) -> Checkpoint:
    return read_checkpoint(checkpoint(folder, config=config, tensors=tensors))


def test_many_shards(tmp_path: Path) -> None:
    checkpoint(tmp_path, tensors=None)
    write_sharded(tmp_path, *({name: kind} for name, kind in TENSORS.items()))
    assert not findings(read_checkpoint(tmp_path))


@pytest.mark.parametrize("name", ["model.layers.0.self_attn.rotary_emb.inv_freq", "masked_bias"])
def test_tensors_that_the_model_computes_itself(tmp_path: Path, name: str) -> None:
    source = read(tmp_path / "source")
    merged = read(tmp_path / "merged", tensors={**TENSORS, name: ("F32", (4,))})
    assert not findings(merged, source)
    assert not findings(source, merged)


def test_a_head_that_is_a_copy_of_the_embedding(tmp_path: Path) -> None:
    source = read(tmp_path / "source")
    kind = TENSORS[EMBEDDING]
    file = checkpoint(tmp_path / "merged") / "model.safetensors"
    both: Tensors = {
        EMBEDDING: kind,
        HEAD: kind,
        **{n: k for n, k in TENSORS.items() if n != EMBEDDING},
    }
    write_header(file, header(both))
    with file.open("ab") as data:
        data.write(b"ab" * 256 + b"c" * 160)
    merged = read_checkpoint(tmp_path / "merged")
    assert merged.weights.head_is_embedding is True
    assert not findings(merged, source)


def test_another_class_name_is_nothing_to_transformers(tmp_path: Path) -> None:
    merged = read(tmp_path / "merged", config={**CONFIG, "architectures": ["LlamaModel"]})
    for _, finding in findings(merged, read(tmp_path / "source")):
        assert not set(finding.affects) & set(TRANSFORMERS)


def test_no_format_in_the_header(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path)
    entries = {name: entry for name, entry in header(TENSORS).items() if name != "__metadata__"}
    write_header(folder / "model.safetensors", entries, 416)
    assert read_checkpoint(folder).problems == ()
    assert not findings(read_checkpoint(folder))


@pytest.mark.parametrize(
    ("one", "other"), PAIRS, ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_what_transformers_saves_in_each_version(one: Path, other: Path) -> None:
    """All but this: a tied Qwen2.5-VL that 5 saved has a random head in 4."""
    found = findings(saved(other), saved(one))
    random_head = (other.parent.name, other.name) == ("qwen2_5_vl", "v5") and one.name != "v5"
    assert [(rule, finding.affects) for rule, finding in found] == (
        [("tie-head-mismatch", (Runtime.TRANSFORMERS_4,))] if random_head else []
    )


class TestEasilyMissed:
    def test_one_missing_tensor(self, tmp_path: Path) -> None:
        fewer = {n: k for n, k in TENSORS.items() if n != "model.norm.weight"}
        ((rule, finding),) = findings(
            read(tmp_path / "merged", tensors=fewer), read(tmp_path / "source")
        )
        assert rule == "weights-not-loaded"
        assert "model.norm.weight" in finding.message

    def test_a_head_that_only_version_4_drops(self, tmp_path: Path) -> None:
        kind = TENSORS[EMBEDDING]
        file = checkpoint(tmp_path) / "model.safetensors"
        write_header(file, header({EMBEDDING: kind, HEAD: kind}))
        with file.open("ab") as data:
            data.write(b"ab" * 128 + b"cd" * 128)
        ((rule, finding),) = findings(read_checkpoint(tmp_path))
        assert rule == "tie-head-mismatch"
        assert Runtime.TRANSFORMERS_4 in finding.affects
        assert Runtime.TRANSFORMERS_5 not in finding.affects

    def test_a_leftover_is_counted_once(self, tmp_path: Path) -> None:
        checkpoint(tmp_path, tensors=None)
        write_sharded(tmp_path, *({name: kind} for name, kind in TENSORS.items()))
        shard = tmp_path / "model-00001-of-00003.safetensors"
        shard.rename(tmp_path / "model-00001-of-00004.safetensors")
        write_sharded(tmp_path, *({name: kind} for name, kind in TENSORS.items()))
        found = read_checkpoint(tmp_path)
        assert found.problems == ()
        assert [rule for rule, _ in findings(found)] == ["stale-weight-files"]


def test_odd_files_do_no_harm(tmp_path: Path) -> None:
    for odd in (None, [], "x", 5, {"a": 1}, True):
        config = dict.fromkeys(
            (*CONFIG, "text_config", "auto_map", "num_nextn_predict_layers"), odd
        )
        merged = read(tmp_path / "merged", config=config)
        findings(merged, read(tmp_path / "source"))
        findings(read(tmp_path / "source"), merged)
        findings(dataclasses.replace(merged, files={}))
    write_json(tmp_path / "source" / "config.json", json.loads('{"vocab_size": 1e999}'))
    findings(read_checkpoint(tmp_path / "source"))
