from dataclasses import replace

import pytest

from batches import OTHER, RULE, a_finding, found
from slowlens.diagnose import Found
from slowlens.facts.environment import Environment
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Severity
from slowlens.jsonvalue import ABSENT
from slowlens.standing import Standing, elsewhere, standing, standings, usual_runtimes

VLLM, V5 = Runtime.VLLM, Runtime.TRANSFORMERS_5


@pytest.mark.parametrize(
    ("affects", "judged", "silenced", "expected"),
    [
        ((), (), (), Standing.COUNTED),
        ((VLLM,), (), (), Standing.COUNTED),
        ((), (V5,), (), Standing.COUNTED),
        ((VLLM, V5), (V5,), (), Standing.COUNTED),
        ((VLLM,), (V5,), (), Standing.ELSEWHERE),
        ((VLLM,), (V5,), (RULE,), Standing.SILENCED),
        ((V5,), (V5,), (RULE,), Standing.SILENCED),
        ((V5,), (V5,), (OTHER,), Standing.COUNTED),
    ],
)
def test_what_a_finding_means(
    affects: tuple[Runtime, ...], judged: object, silenced: object, expected: Standing
) -> None:
    one = Found(RULE, a_finding(Severity.ERROR, *affects))
    assert standing(one, judged, silenced) is expected


def test_all_findings_are_sorted_and_ranked() -> None:
    note, error = a_finding(Severity.NOTE), a_finding(Severity.ERROR)
    far = a_finding(Severity.ERROR, VLLM)
    by_kind = standings([found(RULE, note), found(OTHER, error, far)], [V5], [])
    assert by_kind[Standing.COUNTED] == ((OTHER, error), (RULE, note))
    assert by_kind[Standing.ELSEWHERE] == ((OTHER, far),)
    assert by_kind[Standing.SILENCED] == ()


def test_a_note_may_be_an_error_for_who_judges_nothing_else() -> None:
    note = replace(a_finding(Severity.NOTE, VLLM), alone=Severity.ERROR)
    graver = replace(note, severity=Severity.ERROR)
    outcomes = [found(OTHER, a_finding(Severity.WARNING)), found(RULE, note)]
    alone = standings(outcomes, [VLLM])[Standing.COUNTED]
    assert alone[0] == (RULE, graver)
    for judged in ([VLLM, V5], []):
        assert standings(outcomes, judged)[Standing.COUNTED][-1] == (RULE, note)
    assert standings(outcomes, [V5])[Standing.ELSEWHERE] == ((RULE, note),)


@pytest.mark.parametrize(
    ("version", "generate"),
    [("4.52.4", GENERATE[:1]), ("5.23.0", GENERATE[1:]), ("", GENERATE), ("50.1", GENERATE)],
)
def test_the_installed_transformers_and_bare_loops_are_judged(
    version: str, generate: tuple[Runtime, ...]
) -> None:
    packages = {"transformers": version} if version else {}
    environment = Environment("3.12", "Linux", packages)
    assert usual_runtimes(environment).runtimes == (*generate, Runtime.FORWARD)


@pytest.mark.parametrize(
    ("saved_by", "generate", "why"),
    [
        ("4.57.1", GENERATE[:1], "the version that saved it"),
        ("5.0.0.dev0", GENERATE[1:], "the version that saved it"),
        ("3.0", GENERATE, "both versions"),
        (5, GENERATE, "both versions"),
        (ABSENT, GENERATE, "both versions"),
    ],
)
def test_where_none_is_installed_the_one_that_saved_it_is_judged(
    saved_by: object, generate: tuple[Runtime, ...], why: str
) -> None:
    nothing = Environment("3.12", "Linux", {})
    reason = f"no transformers is installed here: judged for {why}"
    assert usual_runtimes(nothing, saved_by) == ((*generate, Runtime.FORWARD), reason)
    installed = Environment("3.12", "Linux", {"transformers": "4.57.1"})
    assert usual_runtimes(installed, saved_by) == ((GENERATE[0], Runtime.FORWARD), "")


def test_where_else_is_only_what_is_not_judged() -> None:
    assert elsewhere(a_finding(Severity.NOTE, V5, VLLM), [V5]) == "vLLM"
