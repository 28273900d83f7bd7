"""Every rule keeps the promises that make the catalogue readable."""

import sys
from pathlib import Path

import pytest

import slowlens.rules
from slowlens.diagnose import needs
from slowlens.findings import Rule
from slowlens.rules import RULES

SECTIONS = ("What it does", "Affects", "Fix", "Fix safety", "References")
WHY = ("Why it is slow", "Why it is worse")
BANNED = ("no-", "use-", "avoid-", "prefer-", "disable-")
FOLDER = Path(slowlens.rules.__file__).parent

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def test_every_module_is_registered() -> None:
    on_disk = {path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_")}
    assert on_disk == {rule.id.replace("-", "_") for rule in RULES}


@each_rule
def test_documentation_has_every_section(rule: Rule) -> None:
    text = sys.modules[rule.check.__module__].__doc__ or ""
    assert [s for s in SECTIONS if f"## {s}\n" not in text] == []
    assert sum(f"## {why}\n" in text for why in WHY) == 1
    assert "https://" in text.split("## References")[1]


@each_rule
def test_name_says_the_problem_not_the_cure(rule: Rule) -> None:
    assert not rule.id.startswith(BANNED)


@each_rule
def test_needs_are_facts(rule: Rule) -> None:
    assert needs(rule)


@each_rule
def test_has_its_own_tests(rule: Rule) -> None:
    name = rule.id.replace("-", "_")
    assert (Path(__file__).parent / "rules" / f"test_{name}.py").exists()
