"""Checkpoints with a tokenizer, made by hand."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pairs import LLAMA, ORDINARY, made, merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint, FileProblem, Tokenizer
from slowlens.facts.reading import Merged, Source
from slowlens.facts.text.rendered import Rendered
from slowlens.facts.text.templates import JINJA
from slowlens.gather.rendering import read_rendered

BOS, START, END = "<s>", "<|im_start|>", "<|im_end|>"
ADDED = {"<|endoftext|>": 0, START: 1, END: 2, BOS: 3}
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ADDS_BOS = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": BOS, "type_id": 0}}, {"Sequence": {"id": "A"}}],
}


def talking(
    settings: Mapping[str, Any] | None = None,
    *,
    config: Mapping[str, Any] | None = LLAMA,
    generation: Mapping[str, Any] | None = ORDINARY,
    jinja: str | None = None,
    names: tuple[str, ...] = ("tokenizer.json",),
    root: str = "x",
    problems: tuple[FileProblem, ...] = (),
    added: Mapping[str, int] = ADDED,
    head: Mapping[str, Any] | None = None,
    tokens: Mapping[str, str | None] | None = None,
    **files: Any,
) -> Checkpoint:
    """A checkpoint: ``settings`` of tokenizer_config.json, ``names`` of further files.

    ``head`` is what tokenizer.json says before its vocabulary, ``tokens`` the special ones.
    """
    names = names if jinja is None else (*names, JINJA)
    found = made(config, generation, settings, unreadable=names, **files)
    special = {"eos_token": END, "pad_token": "<|endoftext|>", **(tokens or {})}
    tokenizer = Tokenizer(
        token_ids=added,
        added=added,
        chat_template=jinja,
        template_file="" if jinja is None else JINJA,
        settings=head or {},
        **special,  # type: ignore[arg-type]
    )
    return replace(found, root=Path(root), tokenizer=tokenizer, problems=problems)


def pair(here: Checkpoint, there: Checkpoint) -> tuple[Merged, Source, Rendered | None]:
    """Both readings, and their templates rendered where a rule would ask for that."""
    merged, source = merged_of(here), source_of(there)
    return merged, source, read_rendered(merged, source)
