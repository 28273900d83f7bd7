"""Write docs/rules.md from the rules' docstrings: ``make docs``."""

from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import get_args

from slowlens.diagnose import NEEDED, needs
from slowlens.findings import Rule
from slowlens.rulepage import page
from slowlens.rules import RULES

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
HEAD = """# Rules

Generated from the docstrings of `core/slowlens/rules/` by `make docs`.

A rule asks facts one question. It answers *passed*, *found*, *skipped* (a fact was not at hand) or
*crashed*; what was not checked is never counted as fine. `slowlens explain RULE` prints its page.
"""
LEFT_OUT = """## What is no rule, and why

Only a running model can show these; the files of a checkpoint do not:

- **Generation in training mode.** After `model.train()` with gradient checkpointing, transformers 5
  writes nonsense: call `model.eval()`. https://github.com/huggingface/transformers/issues/36051
- **Preprocessing on a busy CPU, a cold cache, a throttled GPU.** `slowlens measure` shows steps and
  clocks as they are.
- **An end token that the model never learned.** Where training masked it, no edit of a file makes
  the model write it; `endless-answer` shows that it does not stop.

These change nothing in the versions that Slowlens supports, so that a finding would be a false
alarm: `pretraining_tp` (read by Llama code before 4.48 only), `attention_dropout` and
`gradient_checkpointing` (training alone reads them), `_attn_implementation_autoset`,
`_name_or_path`, `torchscript`, many small shards, `special_tokens_map.json` and `added_tokens.json`
that transformers 5 no longer writes, and keys that a newer version moves or spells out.
"""


def render() -> str:
    """Return the page: a table of contents, then a section a rule, then what is no rule."""
    rows = "".join(f"| [{r.id}](#{r.id}) | {r.title} | {_needed(r)} |\n" for r in RULES)
    contents = f"| rule | what it finds | beside the files it needs |\n| --- | --- | --- |\n{rows}"
    return "\n".join((HEAD, contents, *(_section(rule) for rule in RULES), LEFT_OUT))


def _needed(rule: Rule) -> str:
    return ", ".join(dict.fromkeys(_facts(rule)))


def _facts(rule: Rule) -> Iterator[str]:
    """Yield in words the facts without which the rule is skipped."""
    for kind in needs(rule).values():
        words = NEEDED.get(getattr(kind, "__name__", ""))
        if words and NoneType not in get_args(kind):
            yield words


def _section(rule: Rule) -> str:
    return f"## {rule.id}\n\n{page(rule).replace('## ', '### ')}\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
