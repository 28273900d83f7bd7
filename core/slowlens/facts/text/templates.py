"""Which chat template each runtime renders, and which file it comes from.

A processor does not read what a tokenizer reads: its chat_template.json wins over
chat_template.jinja, and it never looks into tokenizer_config.json.
"""

import re
from collections.abc import Iterator

from slowlens.facts.checkpoint import TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.runtimes import EVERY, Runtime
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Absent, Json

JINJA = "chat_template.jinja"
LEGACY = "chat_template.json"
PROCESSOR_CONFIG = "processor_config.json"
KEY = "chat_template"
PROCESSORS = (PROCESSOR_CONFIG, "preprocessor_config.json", "video_preprocessor_config.json")
"""Files that a checkpoint for pictures or video has."""
CHATTING = tuple(runtime for runtime in EVERY if runtime is not Runtime.FORWARD)
"""The runtimes that render a chat template, or call what does."""

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TOKENIZER = (JINJA, TOKENIZER_CONFIG)
_PROCESSOR_4 = (LEGACY, JINJA, PROCESSOR_CONFIG)
_PROCESSOR_5 = (PROCESSOR_CONFIG, LEGACY, JINJA)
_CONVERTER = (TOKENIZER_CONFIG, JINJA, LEGACY)


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A template and the file that it stands in."""

    text: str
    file: str


def default_template(templates: Json | Absent) -> str | None:
    """Return the template that is used when none is asked for by name."""
    match templates:
        case str(text) | {"default": str(text)}:
            return text
        case list():
            named: dict[str, str] = {}
            for name, text in _named(templates):
                named.setdefault(name, text)
            return named.get("default") or next(iter(named.values()), None)
    return None


def chat_template(checkpoint: Checkpoint, runtime: Runtime) -> ChatTemplate | None:
    """Return what ``runtime`` turns a conversation into a prompt with."""
    texts = dict(chat_templates(checkpoint))
    for file in _order(runtime, pictures=has_processor(checkpoint)):
        if (text := texts.get(file)) is not None:
            return ChatTemplate(text, file)
    return None


def chat_templates(checkpoint: Checkpoint) -> Iterator[tuple[str, str]]:
    """Yield every file with a default template, and the template."""
    tokenizer = checkpoint.tokenizer
    if tokenizer.template_file == JINJA and tokenizer.chat_template is not None:
        yield JINJA, tokenizer.chat_template
    for file in (TOKENIZER_CONFIG, PROCESSOR_CONFIG, LEGACY):
        text = default_template(checkpoint.get(file, KEY))
        if text is not None:
            yield file, text


def essence(template: str) -> str:
    """Return what is left of a template without comments and spaces."""
    return "".join(_COMMENT.sub("", template).split())


def has_processor(checkpoint: Checkpoint) -> bool:
    """Whether conversations go through a processor, as those with pictures do."""
    return any(file in checkpoint.files for file in PROCESSORS)


def _order(runtime: Runtime, *, pictures: bool) -> tuple[str, ...]:
    match runtime:
        case Runtime.LLAMA_CPP:
            return _CONVERTER
        case Runtime.TRANSFORMERS_4 if pictures:
            return _PROCESSOR_4
        case Runtime.TRANSFORMERS_5 if pictures:
            return _PROCESSOR_5
        case Runtime.VLLM | Runtime.SGLANG if pictures:
            return (*_PROCESSOR_5, TOKENIZER_CONFIG)
    return _TOKENIZER


def _named(templates: list[Json]) -> Iterator[tuple[str, str]]:
    for entry in templates:
        match entry:
            case {"name": str(name), "template": str(template)}:
                yield name, template


def special_tokens(checkpoint: Checkpoint) -> dict[str, str]:
    """Return the special tokens that a template may write, by the name of their role."""
    tokenizer = checkpoint.tokenizer
    roles = {
        "bos_token": tokenizer.bos_token,
        "eos_token": tokenizer.eos_token,
        "pad_token": tokenizer.pad_token,
        "unk_token": tokenizer.unk_token,
    }
    return {role: token for role, token in roles.items() if token is not None}
