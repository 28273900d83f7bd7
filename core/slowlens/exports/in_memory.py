"""Edits of JSON files as settings of a model in memory, where saving it writes them."""

from collections.abc import Iterable, Iterator
from keyword import iskeyword

from slowlens.exports.python_lines import literal
from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG
from slowlens.facts.decoding.cache import USE_CACHE
from slowlens.facts.decoding.generation import FROM_MODEL_CONFIG
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT

OF_CONFIG = (USE_CACHE, "output_router_logits", "bos_token_id", "eos_token_id", "pad_token_id")
"""Keys of config.json that a save writes as they were set; others follow weights or class."""


def settings(edits: Iterable[Edit], model: str = "model") -> Iterator[tuple[Edit, str]]:
    """Yield each edit that can be made in memory, and its line of Python."""
    for edit in edits:
        *parents, key = edit.pointer
        if not all(name.isidentifier() and not iskeyword(name) for name in edit.pointer):
            continue
        if edit.file == CONFIG and key in OF_CONFIG and edit.after is not ABSENT:
            yield edit, f"{'.'.join((model, 'config', *edit.pointer))} = {literal(edit.after)}"
        elif edit.file == GENERATION_CONFIG and not parents:
            after = False if key == FROM_MODEL_CONFIG else edit.after
            if after is not ABSENT:
                yield edit, f"{model}.generation_config.{key} = {literal(after)}"
