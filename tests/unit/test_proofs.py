"""One cause and its proof: which findings are put together, and which stand alone."""

from slowlens.diagnose import Found
from slowlens.findings import Confidence, Finding, Severity
from slowlens.proofs import together

SETTING, PROOF = "gen-use-cache-false", "recomputed-steps"


def said(
    rule: str,
    severity: Severity = Severity.ERROR,
    confidence: Confidence = Confidence.MEASURED,
    cost: str = "",
) -> Found:
    return Found(rule, Finding(rule, severity, confidence, (), cost=cost))


def groups(*found: Found) -> list[list[str]]:
    return [[f.rule for f in (each.found, *each.proofs)] for each in together(found)]


def test_a_proof_stands_with_its_setting_where_the_first_of_them_stood() -> None:
    others = said("launch-bound"), said("eos-lost-or-wrong")
    pair = [SETTING, PROOF]
    assert groups(others[0], said(PROOF), others[1], said(SETTING)) == [
        ["launch-bound"],
        pair,
        ["eos-lost-or-wrong"],
    ]
    assert groups(said(SETTING), said(PROOF)) == [pair]


def test_alone_it_is_a_finding_like_any_other() -> None:
    assert groups(said(PROOF)) == [[PROOF]]
    assert groups() == []
    assert groups(said("a rule that is gone")) == [["a rule that is gone"]]


def test_equal_findings_are_each_told() -> None:
    assert groups(said(SETTING), said(SETTING), said(PROOF)) == [[SETTING, PROOF], [SETTING]]


def test_a_note_accounts_for_no_more_than_a_note() -> None:
    mild = said(SETTING, Severity.NOTE)
    assert groups(said(PROOF), mild) == [[PROOF], [SETTING]]
    assert groups(said(PROOF, Severity.NOTE), mild) == [[SETTING, PROOF]]
    assert groups(said(PROOF), mild, said(SETTING)) == [[SETTING, PROOF], [SETTING]]


def test_a_suspicion_proves_nothing() -> None:
    suspected = said("endless-answer", confidence=Confidence.SUSPECTED)
    lost = said("eos-lost-or-wrong")
    assert groups(suspected, lost) == [["endless-answer"], ["eos-lost-or-wrong"]]
    assert groups(said("endless-answer"), lost) == [["eos-lost-or-wrong", "endless-answer"]]


def test_what_was_measured_of_it_is_its_cost() -> None:
    setting = said(SETTING, cost="2 to 24 times")
    (one,) = together((setting, said(PROOF, cost="4 times")))
    assert one.cost == "4 times"
    (other,) = together((setting, said(PROOF)))
    assert other.cost == "2 to 24 times"


def test_what_is_proved_is_as_grave_as_its_gravest_proof() -> None:
    mild = said("eos-lost-or-wrong", Severity.WARNING, cost="longer")
    grave = said("endless-answer")
    (one,) = together((grave, mild))
    assert one.severity is Severity.ERROR
    assert one.whole == said("eos-lost-or-wrong", cost="longer")
    (other,) = together((mild, said("endless-answer", Severity.NOTE, cost="10 times")))
    assert other.whole == said("eos-lost-or-wrong", Severity.WARNING, cost="10 times")
