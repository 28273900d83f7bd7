import re

import pytest

from slowlens.rulepage import page
from slowlens.rules import RULES
from slowlens_dashboard.widgets.rule_page import markdown


def test_headings_are_small_and_code_is_code() -> None:
    assert markdown("A.\n\n## Fix\nSet ``a``\nto `b$`.") == "A.\n\n### Fix\n\nSet `a` to `b$`."


def test_items_follow_each_other() -> None:
    docstring = "A:\n\n- b\n  c\n- d\n\nE."
    assert markdown(docstring) == "A:\n\n- b c\n\n- d\n\nE."


def test_no_formula_is_made_of_prices() -> None:
    assert markdown("from $5 to $6, ~7 and ~8") == r"from \$5 to \$6, \~7 and \~8"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_page_is_drawn_as_it_was_meant(rule: object) -> None:
    drawn = markdown(page(rule))  # type: ignore[arg-type]
    outside = re.sub(r"`[^`]*`", "", drawn)
    assert "### What it does" in drawn
    assert "``" not in drawn
    assert not re.search(r"<[a-z]|(?<!\\)\$|:[a-z_]+:|!\[", outside)


def test_a_dialog_has_its_headings_higher() -> None:
    assert markdown("A.\n\n## Fix\nB.", heading="#") == "A.\n\n# Fix\n\nB."
