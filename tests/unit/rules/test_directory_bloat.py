from collections.abc import Mapping
from dataclasses import replace

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint, Weights
from slowlens.findings import Applicability, Finding, NumberEvidence, Severity
from slowlens.rules.directory_bloat import check

MB = 1_000_000
WEIGHTS = {"model.safetensors": 100 * MB}


def of(files: Mapping[str, int], *folders: str) -> Checkpoint:
    read = tuple(name for name in files if name == "model.safetensors")
    return replace(made(), files=dict(files), folders=folders, weights=Weights(read))


def findings(merged: Checkpoint, source: Checkpoint | None = None) -> list[Finding]:
    return list(check(merged_of(merged), None if source is None else source_of(source)))


def one(merged: Checkpoint, source: Checkpoint | None = None) -> Finding:
    (finding,) = findings(merged, source)
    assert finding.severity is Severity.NOTE
    assert finding.affects == ()
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    return finding


def command(finding: Finding) -> str:
    assert finding.fix is not None
    return finding.fix.reason.partition("rm -r -- ")[2]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("optimizer.pt", "optimizer and scheduler"),
        ("optimizer.bin", "optimizer and scheduler"),
        ("scheduler.pt", "optimizer and scheduler"),
        ("optim_world_size_8_rank_0.pt", "optimizer and scheduler"),
        ("rng_state_0.pth", "random states"),
        ("random_states_0.pkl", "random states"),
        ("extra_state_world_size_2_rank_1.pt", "random states"),
        ("model_world_size_2_rank_1.pt", "FSDP shards"),
        ("tf_model.h5", "weights in another format"),
        ("flax_model.msgpack", "weights in another format"),
        ("consolidated.safetensors", "weights in another format"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    finding = one(of({**WEIGHTS, name: 200 * MB}))
    assert finding.message == f"the folder holds what no runtime reads: {kind} 200 MB"
    assert finding.evidence == (NumberEvidence(kind, 200e6, "bytes"),)
    assert finding.cost.startswith("200 MB")
    assert command(finding) == name


def test_bytes_of_one_kind_add_up() -> None:
    files = {f"rng_state_{i}.pth": MB for i in range(3)}
    finding = one(of({**WEIGHTS, **files, "optimizer.pt": 200 * MB}))
    assert "optimizer and scheduler 200 MB, random states 3 MB" in finding.message
    assert finding.cost.startswith("203 MB")


@pytest.mark.parametrize("folder", ["global_step100", "checkpoint-500", "pytorch_model_fsdp_0"])
def test_folders(folder: str) -> None:
    finding = one(of(WEIGHTS, folder, "original"))
    assert finding.message.endswith(f"folders of training ({folder})")
    assert command(finding) == folder
    assert one(of({**WEIGHTS, "optimizer.pt": 5}, folder)).message == finding.message


def test_a_pickle_of_the_same_size_is_a_second_format() -> None:
    finding = one(of({**WEIGHTS, "pytorch_model.bin": 100 * MB}))
    assert command(finding) == "pytorch_model.bin"
    assert not findings(of({**WEIGHTS, "pytorch_model.bin": 50 * MB}))


def test_what_the_source_has_too() -> None:
    files = {**WEIGHTS, "optimizer.pt": 200 * MB, "pytorch_model.bin": 100 * MB}
    assert not findings(of(files, "global_step1"), of(files, "global_step1"))
    assert one(of(files, "global_step1"), of(WEIGHTS))


def test_small_or_useful_files() -> None:
    assert not findings(of({**WEIGHTS, "optimizer.pt": 999_999}))
    assert one(of({**WEIGHTS, "optimizer.pt": MB}))
    useful = {"tokenizer.json": 9 * MB, "training_args.bin": 5, "model.gguf": 9 * MB}
    assert not findings(of({**WEIGHTS, **useful}, "assets"))


def test_without_weights_nothing_is_in_the_way() -> None:
    assert not findings(of({"model_world_size_2_rank_1.pt": 200 * MB}, "global_step1"))
    pickle = {"pytorch_model.bin": 100 * MB, "optimizer.pt": 200 * MB}
    assert command(one(of(pickle))) == "optimizer.pt"
