import pytest

from slowlens.facts.checkpoint import Tensor
from slowlens.facts.runtimes import EVERY
from slowlens.facts.weights.scan import BadTensor, Scan
from slowlens.findings import Applicability, Confidence, Severity, Undecided, ValueEvidence
from slowlens.rules.nan_inf_or_zero_weights import check

MLP = "model.layers.0.mlp.down_proj.weight"


def tensor(name: str = MLP, shape: tuple[int, ...] = (8, 8)) -> Tensor:
    return Tensor(name, "BF16", shape, 128, "model.safetensors")


def test_values_that_are_not_finite_are_an_error() -> None:
    bad = BadTensor(tensor(), nan=2, infinite=1)
    (finding,) = check(Scan(3, bad=(bad,)))
    assert finding.severity is Severity.ERROR
    assert finding.confidence is Confidence.READ
    assert finding.affects == EVERY
    assert finding.message == f"{MLP} is not finite: 2 NaN and 1 infinite"
    assert finding.evidence == (ValueEvidence("model.safetensors", (MLP,), "2 NaN and 1 infinite"),)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


@pytest.mark.parametrize(("nan", "infinite", "told"), [(1, 0, "1 NaN"), (0, 3, "3 infinite")])
def test_only_what_is_there_is_counted(nan: int, infinite: int, told: str) -> None:
    (finding,) = check(Scan(3, bad=(BadTensor(tensor(), nan, infinite),)))
    assert finding.message.endswith(f"is not finite: {told}")


def test_many_are_named_by_the_first() -> None:
    bad = tuple(BadTensor(tensor(f"t{i}"), nan=1) for i in range(5))
    (finding,) = check(Scan(3, bad=bad))
    assert finding.message == "t0, t1, t2 and 2 more tensors are not finite: 5 NaN"
    assert len(finding.evidence) == 3
    (finding,) = check(Scan(3, bad=bad[:3]))
    assert finding.message.startswith("t0, t1, t2 are")


def test_a_matrix_of_zeros_is_a_warning_and_sure_only_beside_a_source() -> None:
    bad = (BadTensor(tensor(), zero=True),)
    (finding,) = check(Scan(3, bad=bad, compared=3))
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.message == f"{MLP} is nothing but zeros"
    assert finding.evidence == (ValueEvidence("model.safetensors", (MLP,), "zeros"),)
    (finding,) = check(Scan(3, bad=bad))
    assert finding.confidence is Confidence.SUSPECTED


@pytest.mark.parametrize(
    "bad",
    [
        BadTensor(tensor("model.layers.0.self_attn.q_proj.bias", (8,)), zero=True),
        BadTensor(tensor("model.layers.0.q_proj.lora_B.weight"), zero=True),
        BadTensor(tensor("model.rotary_emb.inv_freq", (8,)), infinite=1),
        BadTensor(tensor("transformer.h.0.attn.masked_bias", ()), infinite=1),
    ],
)
def test_zero_or_infinite_by_right(bad: BadTensor) -> None:
    assert not list(check(Scan(3, bad=(bad,))))


def test_sound_weights() -> None:
    assert not list(check(Scan(tensors=3)))


def test_no_weights_are_not_sound_weights() -> None:
    with pytest.raises(Undecided, match="no weights could be read"):
        list(check(Scan()))
