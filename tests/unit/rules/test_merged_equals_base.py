from dataclasses import replace

import pytest

from slowlens.facts.checkpoint import Tensor
from slowlens.facts.runtimes import EVERY
from slowlens.facts.weights.scan import Scan
from slowlens.facts.weights.tensors import Changes
from slowlens.findings import Applicability, Severity, Undecided
from slowlens.rules.merged_equals_base import check

ALL = Scan(tensors=3, compared=3, identical=3)
COMMON = Changes(compared=3)


def test_the_base_was_saved_again() -> None:
    (finding,) = check(ALL, COMMON)
    assert finding.severity is Severity.WARNING
    assert finding.affects == EVERY
    assert finding.message == "merged is its source: all 3 tensors are the same to the byte"
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


@pytest.mark.parametrize(
    ("scan", "changes"),
    [
        (replace(ALL, identical=2), COMMON),
        (replace(ALL, compared=2, identical=2), COMMON),
        (ALL, replace(COMMON, extra=(Tensor("lm_head.weight", "BF16", (1,), 2, "f"),))),
    ],
    ids=["one was trained", "one was cast", "one was added"],
)
def test_something_of_its_own(scan: Scan, changes: Changes) -> None:
    assert not list(check(scan, changes))


def test_where_every_tensor_was_cast_it_cannot_be_told() -> None:
    with pytest.raises(Undecided, match="share no tensor"):
        list(check(Scan(tensors=3), COMMON))
