"""How a tokenizer treats text: on which side it pads, whether it writes the begin token itself."""

import re
from collections.abc import Iterator

from slowlens.facts.checkpoint import TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.facts.text.templates import ChatTemplate, chat_template
from slowlens.jsonvalue import ABSENT, Json

TOKENIZER = "tokenizer.json"
VOCABULARIES = (
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "vocab.json",
    "vocab.txt",
    "tekken.json",
)
"""Files that a tokenizer without tokenizer.json is made from."""
LEFT, RIGHT = "left", "right"
ADD_BOS = "add_bos_token"
PADDING_SIDE = "padding_side"
_LEFT = (
    "LlamaTokenizer",
    "CodeLlamaTokenizer",
    "GemmaTokenizer",
    "CohereTokenizer",
    "XLNetTokenizer",
    "Siglip2Tokenizer",
)
"""Classes that pad on the left where no file says otherwise; all others pad on the right."""
_OWN_BOS = ("LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer")
"""Classes of transformers 4 that go by ``add_bos_token``, not by tokenizer.json."""
NEW_CLASSES = (
    "TokenizersBackend",
    "TokenizersBackendFast",
    "SentencePieceBackend",
    "PythonBackend",
    "MistralCommonBackend",
)
"""Classes that transformers 4 does not have."""
_OPENS = re.compile(r"\s*\{\{-?\s*bos_token\s*-?\}\}")


def tokenizer_class(checkpoint: Checkpoint) -> str:
    """Return the name in tokenizer_config.json, without its ending Fast; empty without one."""
    name = checkpoint.get(TOKENIZER_CONFIG, "tokenizer_class")
    return name.removesuffix("Fast") if isinstance(name, str) else ""


def has_tokenizer(checkpoint: Checkpoint) -> bool:
    """Whether the folder has a vocabulary of any kind; remote code may bring one of its own."""
    if checkpoint.get(TOKENIZER_CONFIG, "auto_map") is not ABSENT:
        return True
    return any(name in checkpoint.files for name in (TOKENIZER, *VOCABULARIES))


def padding_side(checkpoint: Checkpoint) -> Setting:
    """Return the side on which a batch is filled up."""
    side = checkpoint.get(TOKENIZER_CONFIG, PADDING_SIDE)
    if isinstance(side, str):
        return Setting(side, TOKENIZER_CONFIG)
    match checkpoint.tokenizer.settings.get("padding"):
        case {"direction": "Left" | "Right" as direction}:
            return Setting(direction.lower(), TOKENIZER)
    left = tokenizer_class(checkpoint) in _LEFT
    return Setting(LEFT if left else RIGHT, DEFAULT, f"{tokenizer_class(checkpoint)} says nothing")


def adds_bos(checkpoint: Checkpoint, runtime: Runtime) -> bool:
    """Whether the tokenizer puts the begin token before a text by itself."""
    bos, name = checkpoint.tokenizer.bos_token, tokenizer_class(checkpoint)
    if bos is None:
        return False
    if runtime is Runtime.TRANSFORMERS_4 or TOKENIZER not in checkpoint.files:
        flag = checkpoint.get(TOKENIZER_CONFIG, ADD_BOS)
        if name in _OWN_BOS:
            return flag is True or flag is ABSENT
        if name == "GPTNeoXTokenizer":
            return flag is True
    elif name in {"GPTNeoXTokenizer", "CodeLlamaTokenizer"}:  # they replace the post-processor
        return name == "CodeLlamaTokenizer"
    return bos in _first_tokens(checkpoint.tokenizer.settings.get("post_processor"))


def may_begin_twice(checkpoint: Checkpoint, runtime: Runtime) -> bool:
    """Whether the tokenizer adds a begin token and the chat template knows it as well."""
    template = chat_template(checkpoint, runtime)
    bos = checkpoint.tokenizer.bos_token
    if template is None or bos is None or not adds_bos(checkpoint, runtime):
        return False
    return "bos_token" in template.text or bos in template.text


def opens_with_bos(template: ChatTemplate) -> bool:
    """Whether the first thing a template writes is the begin token, by its text alone."""
    return _OPENS.match(template.text) is not None


def _first_tokens(post_processor: Json) -> Iterator[str]:
    """Yield what a post-processor puts before a text."""
    match post_processor:
        case {"type": "Sequence", "processors": list(steps)}:
            for step in steps:
                yield from _first_tokens(step)
        case {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": str(token)}}, *_]}:
            yield token
        case {"type": "RobertaProcessing" | "BertProcessing", "cls": [str(token), *_]}:
            yield token
