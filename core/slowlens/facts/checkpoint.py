"""What a checkpoint folder says about itself."""

from collections import Counter
from collections.abc import Mapping
from math import prod
from pathlib import Path

from slowlens.frozen import dataclass, field
from slowlens.jsonvalue import ABSENT, Absent, Json, JsonObject, lookup

CONFIG = "config.json"
GENERATION_CONFIG = "generation_config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
TEXT_CONFIG_KEYS = ("text_config", "llm_config", "language_config", "decoder", "generator")
"""Where composite models keep the config of the part that writes text."""

NOT_GENERATING = (
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForQuestionAnswering",
    "ForMultipleChoice",
    "ForMaskedLM",
    "ForImageClassification",
    "ForAudioClassification",
)
"""Endings of architectures without ``generate()``."""
ENCODERS = (
    "albert",
    "bert",
    "camembert",
    "deberta",
    "deberta-v2",
    "distilbert",
    "electra",
    "ernie",
    "modernbert",
    "mpnet",
    "nomic_bert",
    "roberta",
    "xlm-roberta",
    "xlm-roberta-xl",
)
"""Model types that only write text when config.json says ``is_decoder``."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One JSON file of a checkpoint, as read."""

    name: str
    values: JsonObject
    sha256: str


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that could not be read, or only in part: what is wrong and what to do."""

    file: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of a safetensors header; ``size`` in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int
    file: str

    @property
    def parameters(self) -> int:
        """Number of elements."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors that the safetensors headers announce; no weight is read."""

    files: tuple[str, ...] = ()
    tensors: tuple[Tensor, ...] = ()
    head_is_embedding: bool | None = None
    """By a few blocks of both, where both are there in one dtype and shape; None: not told."""

    @property
    def parameters(self) -> int:
        """Number of elements of all tensors."""
        return sum(tensor.parameters for tensor in self.tensors)

    @property
    def size(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.size for tensor in self.tensors)

    @property
    def dtype_sizes(self) -> dict[str, int]:
        """Bytes per dtype, the largest first."""
        sizes: Counter[str] = Counter()
        for tensor in self.tensors:
            sizes[tensor.dtype] += tensor.size
        return dict(sizes.most_common())


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """What is needed of the tokenizer, without its vocabulary."""

    token_ids: Mapping[str, int] = field(default_factory=dict[str, int])
    """The added tokens, and those of the special ones that are found in the vocabulary."""
    eos_token: str | None = None
    chat_template: str | None = None
    """The tokenizer's own; where it has none, the one that only a processor reads."""
    eos_file: str = TOKENIZER_CONFIG
    template_file: str = ""
    """Where ``chat_template`` was found; empty when it was not."""
    bos_token: str | None = None
    pad_token: str | None = None
    unk_token: str | None = None
    added: Mapping[str, int] = field(default_factory=dict[str, int])
    """The added tokens alone, by any of the files that list them."""
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """``truncation``, ``padding`` and ``post_processor`` of tokenizer.json, where it has them."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """What PEFT saved: small matrices that are computed beside the weights until merged."""

    folder: str = ""
    """Below the checkpoint; empty for the checkpoint's own folder."""
    files: tuple[str, ...] = ()
    """Its files, as paths from the checkpoint's folder."""
    config: JsonObject | None = None
    """None where adapter_config.json is missing or cannot be read."""
    tensors: tuple[Tensor, ...] = ()
    """None are known of a pickle, which is never opened."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder: its parsed JSON files, its weights' headers, and what could not be read."""

    root: Path
    files: Mapping[str, int] = field(default_factory=dict[str, int])
    """Size in bytes of each file at the top of the folder."""
    folders: tuple[str, ...] = ()
    """Names of the folders in it."""
    configs: Mapping[str, ConfigFile] = field(default_factory=dict[str, ConfigFile])
    weights: Weights = Weights()
    tokenizer: Tokenizer = Tokenizer()
    problems: tuple[FileProblem, ...] = ()
    adapters: tuple[Adapter, ...] = ()
    origin: str = ""
    """``org/name@commit`` where the folder is a model of the hub in a cache."""
    headers_only: bool = False
    """No weights are in the files, only their headers: fetched from the hub to be looked at."""

    def get(self, file: str, *pointer: str) -> Json | Absent:
        """Return the value at ``pointer`` in ``file``, or ``ABSENT``."""
        config = self.configs.get(file)
        return ABSENT if config is None else lookup(config.values, pointer)

    def values(self, file: str) -> JsonObject | None:
        """Return the parsed ``file``, or None when it is missing or unreadable."""
        config = self.configs.get(file)
        return None if config is None else config.values

    def has(self, file: str) -> bool:
        """Whether ``file`` is there and could be read."""
        return file in self.configs

    def unread(self, file: str) -> bool:
        """Whether ``file`` is there but could not be read."""
        there = file in self.files or any(problem.file == file for problem in self.problems)
        return there and file not in self.configs

    @property
    def model_type(self) -> str:
        """``model_type`` of config.json, or an empty string."""
        value = self.get(CONFIG, "model_type")
        return value if isinstance(value, str) else ""

    @property
    def generates(self) -> bool:
        """Whether its architecture writes text; true where config.json does not tell."""
        if self.model_type in ENCODERS and self.get(CONFIG, "is_decoder") is not True:
            return False
        names = self.get(CONFIG, "architectures")
        if not isinstance(names, list) or not names:
            return True
        return not all(isinstance(n, str) and n.endswith(NOT_GENERATING) for n in names)
