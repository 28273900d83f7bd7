"""tokenizer_config.json in one spelling; the chat template is one value."""

import re
from collections.abc import Mapping

from slowlens.facts.checkpoint import TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.diff.effects import TOKENIZER
from slowlens.facts.diff.inert import INERT
from slowlens.facts.diff.leaves import Leaves
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.jsonvalue import ABSENT, Json

TEMPLATE = "chat_template.jinja"
_KEY = "chat_template"
_ADDED = "added_tokens_decoder"
_SPECIAL, _EXTRA = "additional_special_tokens", "extra_special_tokens"
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_UNREAD = {
    "clean_up_tokenization_spaces": "only tidies spaces in decoded text",
    "add_prefix_space": "tokenizer.json decides it",
    "legacy": "tokenizer.json decides it",
    "use_default_system_prompt": "no longer read by transformers",
    "sp_model_kwargs": "only for tokenizers without tokenizer.json",
}


def tokenizer_leaves(checkpoint: Checkpoint, *, added: bool) -> Leaves:
    """Return the tokenizer's settings; its added tokens only where both sides list them."""
    values = checkpoint.values(TOKENIZER_CONFIG) or {}
    leaves = Leaves({key: value for key, value in values.items() if key != _KEY})
    unread = {**INERT, **_UNREAD}
    for key in unread.keys() & leaves.keys():
        leaves.drop((key,), unread[key])
    if not added:
        leaves.drop((_ADDED,), "tokenizer.json has the same tokens")
    for key in leaves.values:
        if key.endswith("_token") and leaves.leaf((key, "content")):
            leaves.move((key, "content"), (key,), "a token is the same as its text")
            for rest in leaves.under((key,)):
                if rest != (key,):
                    leaves.drop(rest, "a token is the same as its text")
    if checkpoint.tokenizer.eos_token is not None:
        leaves.fill(("eos_token",), checkpoint.tokenizer.eos_token)
    _unite_lists(leaves)
    leaves.rewrite(("tokenizer_class",), _plain_class, "a Fast class is the same tokenizer")
    return leaves


def template_diff(source: Checkpoint, merged: Checkpoint) -> Diff:
    """Compare the chat templates as rendered texts are: comments and spaces apart."""
    ours, theirs = source.tokenizer.chat_template, merged.tokenizer.chat_template
    moved = TEMPLATE in source.files, TEMPLATE in merged.files
    if ours == theirs and (ours is None or moved[0] is moved[1]):
        return Diff()
    effect, note = TOKENIZER[_KEY]
    file = TEMPLATE if any(moved) else TOKENIZER_CONFIG
    left, right = (ABSENT if text is None else text for text in (ours, theirs))
    found = Difference(file, _KEY, left, right, effect, note)
    if ours is None or theirs is None or _essence(ours) != _essence(theirs):
        return Diff(differences=(found,))
    note = f"moved to {TEMPLATE}" if ours == theirs else "only spaces or comments"
    return Diff(unchanged=(Difference(file, _KEY, left, right, Effect.COSMETIC, note),))


def _unite_lists(leaves: Leaves) -> None:
    """Bring the special tokens that have no role of their own into one list."""
    for key in (_SPECIAL, _EXTRA):
        if leaves.value((key,)) in ([], {}):
            leaves.drop((key,), "none")
    if isinstance(leaves.value((_EXTRA,)), list):
        leaves.move((_EXTRA,), (_SPECIAL,), f"transformers 5 calls {_SPECIAL} {_EXTRA}")
    leaves.rewrite((_SPECIAL,), _texts, "a token is the same as its text")


def _texts(value: Json) -> Json:
    if not isinstance(value, list):
        return value
    texts = (item.get("content") if isinstance(item, Mapping) else item for item in value)
    return sorted(text for text in texts if isinstance(text, str))


def _plain_class(value: Json) -> Json:
    return value.removesuffix("Fast") if isinstance(value, str) else value


def _essence(template: str) -> str:
    return "".join(_COMMENT.sub("", template).split())
