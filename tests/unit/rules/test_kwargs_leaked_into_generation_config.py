from literals import merged
from slowlens.findings import Applicability, Severity
from slowlens.jsonvalue import ABSENT
from slowlens.rules.kwargs_leaked_into_generation_config import check


def test_foreign_keys_are_a_note_with_a_safe_fix() -> None:
    generation = {"attn_implementation": "sdpa", "use_cache": False, "eos_token_id": 2}
    (finding,) = check(merged({}, generation))
    assert finding.severity is Severity.NOTE
    assert "use_cache: false" in finding.message
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    (edit,) = finding.fix.edits
    assert (edit.pointer, edit.before, edit.after) == (("attn_implementation",), "sdpa", ABSENT)


def test_generation_parameters_are_not_foreign() -> None:
    assert not list(check(merged({}, {"temperature": 0.6, "use_cache": False, "do_sample": True})))


def test_no_file_no_finding() -> None:
    assert not list(check(merged({"use_cache": False})))
