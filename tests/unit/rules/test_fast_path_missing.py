import pytest

from pairs import made, merged_of
from slowlens.facts.environment import Device, Environment, Hardware
from slowlens.facts.runtimes import TRANSFORMERS
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.rules.fast_path_missing import NEEDED, check

GPU = Hardware((Device("cuda", "GPU"),))
HOST = ("torch", "transformers")


def found(model_type: str, *packages: str, hardware: Hardware = GPU) -> list[Finding]:
    here = Environment("3.12", "Linux", dict.fromkeys(packages, "1"))
    return list(check(merged_of(made({"model_type": model_type})), here, hardware))


def test_kernels_that_are_not_installed() -> None:
    (finding,) = found("qwen3_next", *HOST)
    assert finding.message == (
        "config.json: qwen3_next layers run in plain torch here, because causal-conv1d and "
        "flash-linear-attention are not installed"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.SUSPECTED)
    assert finding.affects == TRANSFORMERS
    assert finding.evidence == (ValueEvidence("config.json", ("model_type",), "qwen3_next"),)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert finding.fix.reason.endswith("causal-conv1d flash-linear-attention")


def test_one_of_them() -> None:
    (finding,) = found("jamba", *HOST, "causal-conv1d")
    assert "because mamba-ssm is not installed" in finding.message


@pytest.mark.parametrize("model_type", NEEDED)
def test_every_model_type_is_content_with_what_it_needs(model_type: str) -> None:
    assert found(model_type, *HOST)
    assert not found(model_type, *HOST, *NEEDED[model_type])
    assert not found(model_type, *HOST, "kernels")


def test_no_alarm() -> None:
    assert not found("llama", *HOST)
    assert not found("llama")
    assert not found("jamba", *HOST, hardware=Hardware(()))


@pytest.mark.parametrize("packages", [(), ("torch",), ("transformers",)])
def test_where_nothing_runs_nothing_is_decided(packages: tuple[str, ...]) -> None:
    with pytest.raises(Undecided, match="not installed here"):
        found("jamba", *packages)
