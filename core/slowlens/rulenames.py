"""What rules are called, and the one that somebody means by an id, wherever they write it."""

import shlex

from slowlens.errors import UsageError
from slowlens.findings import Rule
from slowlens.gather.rawfile import shortened
from slowlens.rules import RULES
from slowlens.spelling import meant

TITLES = {rule.id: rule.title for rule in RULES}
ALL = "`slowlens explain` lists all rules."


def rule_named(name: str, where: str = "") -> Rule:
    """Return the rule, however its id is written; UsageError names near ones.

    ``where`` is what the name stands in, and begins the message.
    """
    known = {rule.id: rule for rule in RULES}
    if found := known.get(str(name).lower().replace("_", "-")):
        return found
    begin = f"{where}: " if where else ""
    if not isinstance(name, str) or not name:
        raise UsageError(f"{begin}no rule is named", hint=ALL)
    hint = f"{meant(name, known)} {ALL}".lstrip()
    raise UsageError(f"{begin}there is no rule {shlex.quote(shortened(name))}", hint=hint)
