import pytest

from literals import merged
from slowlens.facts.checkpoint import Tensor, Tokenizer
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import EVERY
from slowlens.facts.weights.scan import NewRows, Scan
from slowlens.findings import Applicability, Severity, Undecided
from slowlens.rules.new_embedding_rows import check

EMBEDDING = Tensor("model.embed_tokens.weight", "BF16", (20, 8), 320, "model.safetensors")


def with_tokens(last: int) -> Merged:
    return merged({}, {}, Tokenizer({"<|im_end|>": last}))


@pytest.mark.parametrize(
    ("zero", "repeated", "told"),
    [(4, 0, "4 are zero"), (0, 3, "3 are copies"), (2, 1, "2 are zero, 1 are copies")],
)
def test_rows_as_a_library_fills_them(zero: int, repeated: int, told: str) -> None:
    scan = Scan(1, new_rows=(NewRows(EMBEDDING, 16, 4, zero, repeated),))
    (finding,) = check(with_tokens(16), scan)
    assert finding.severity is Severity.WARNING
    assert finding.affects == EVERY
    assert finding.message == (f"model.embed_tokens.weight has 4 rows more than its source: {told}")
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


def test_trained_rows() -> None:
    assert not list(check(with_tokens(16), Scan(1, new_rows=(NewRows(EMBEDDING, 16, 4, 0, 0),))))


def test_rows_that_no_token_reads() -> None:
    scan = Scan(1, new_rows=(NewRows(EMBEDDING, 16, 4, 4, 0),))
    assert not list(check(with_tokens(15), scan))
    assert not list(check(merged({}, {}), scan))


def test_no_weights_are_not_trained_weights() -> None:
    with pytest.raises(Undecided, match="no weights could be read"):
        list(check(with_tokens(16), Scan()))
