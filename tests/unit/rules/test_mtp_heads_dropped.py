from dataclasses import replace
from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint, FileProblem
from slowlens.facts.runtimes import ENGINES
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.rules.mtp_heads_dropped import check

KIND = ("BF16", (8, 8))
BODY = ["model.embed_tokens.weight", *(f"model.layers.{i}.q_proj.weight" for i in range(2))]
NAMED, BEHIND = ["mtp.fc.weight"], ["model.layers.2.q_proj.weight"]
PLAIN = {"model_type": "glm4_moe", "num_hidden_layers": 2}
TOLD = {**PLAIN, "num_nextn_predict_layers": 1}


def of(names: list[str], config: Any = PLAIN) -> Checkpoint:
    return made(config, tensors=dict.fromkeys(names, KIND))


def findings(merged: Checkpoint, source: Checkpoint | None = None) -> list[Finding]:
    return list(check(merged_of(merged), None if source is None else source_of(source)))


def one(merged: Checkpoint, source: Checkpoint | None = None) -> Finding:
    (finding,) = findings(merged, source)
    assert finding.affects == ENGINES
    return finding


@pytest.mark.parametrize("heads", [NAMED, BEHIND, ["model.mtp_block.0.weight"]])
@pytest.mark.parametrize("config", [PLAIN, TOLD])
def test_they_are_gone(heads: list[str], config: Any) -> None:
    finding = one(of(BODY, config), of([*BODY, *heads], config))
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert f"the source's 1 tensors for speculative decoding are gone, such as {heads[0]}" in (
        finding.message
    )
    assert bool(finding.evidence) is (config is TOLD)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "mtp.safetensors" in finding.fix.reason


def test_a_config_that_no_longer_announces_them() -> None:
    finding = one(of(BODY, PLAIN), of(BODY + NAMED, TOLD))
    assert finding.severity is Severity.NOTE


def test_announced_and_not_there() -> None:
    finding = one(of(BODY, TOLD))
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.SUSPECTED)
    assert "config.json announces num_nextn_predict_layers: 1" in finding.message
    nested = {"model_type": "x", "text_config": {"mtp_num_hidden_layers": 2}}
    assert "text_config.mtp_num_hidden_layers: 2" in one(of(BODY, nested)).message
    assert one(of(BODY, TOLD), of([], TOLD))


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (of(BODY), None),
        (of(BODY), of(BODY)),
        (of(BODY, TOLD), of(BODY, TOLD)),
        (of(BODY + NAMED), of(BODY + NAMED)),
        (of(BODY + BEHIND, TOLD), None),
        (of(BODY + NAMED), of(BODY)),
        (of(BODY, {**PLAIN, "num_nextn_predict_layers": 0}), None),
        (of(BODY, {**PLAIN, "num_nextn_predict_layers": True}), None),
        (of(BODY, {**PLAIN, "num_nextn_predict_layers": "1"}), None),
        (of(BODY, {"model_type": "x"}), of(BODY + BEHIND, {"model_type": "x"})),
        (of(BODY), of([*BODY, "vision_tower.layers.9.q_proj.weight"])),
    ],
)
def test_nothing_is_gone(merged: Checkpoint, source: Any) -> None:
    assert not findings(merged, source)


def test_what_was_not_read_is_not_fine() -> None:
    with pytest.raises(Undecided):
        findings(of([]))
    broken = replace(of(BODY), problems=(FileProblem("model.safetensors", "is cut off", ""),))
    with pytest.raises(Undecided):
        findings(broken, of(BODY + NAMED))
