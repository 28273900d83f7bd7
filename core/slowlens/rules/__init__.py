"""The catalogue. To add a rule: add its module, then add it to ``RULES``."""

from slowlens.findings import Rule

RULES: tuple[Rule, ...] = ()
