"""Tensors that a model is told to return beside its logits, and who keeps them."""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, Checkpoint
from slowlens.facts.decoding.generation import decoder_pointer
from slowlens.facts.decoding.parameters import effective
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import Settings
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Pointer

COMPUTED = ("output_attentions", "output_hidden_states")
"""The model computes them in every call when config.json says so."""
COLLECTED = ("output_scores", "output_logits")
"""``generate()`` has them anyway, and throws them away unless it returns a dict."""
DICT = "return_dict_in_generate"


@dataclass(frozen=True, slots=True)
class Output:
    """A flag that is on: where it is written, who obeys it, and who keeps the tensors."""

    key: str
    file: str
    pointer: Pointer
    runtimes: tuple[Runtime, ...]
    kept_by: tuple[Runtime, ...]


def outputs(checkpoint: Checkpoint, settings: Settings) -> Iterator[Output]:
    """Yield every flag that is on and makes a runtime compute or keep something."""
    kept = tuple(r for r in GENERATE if _keeps(checkpoint, settings, r))
    for key in COMPUTED:
        for pointer in _places(checkpoint, key):
            yield Output(key, CONFIG, pointer, (*GENERATE, Runtime.FORWARD), kept)
    for key in (*COMPUTED, *COLLECTED):
        for file in (GENERATION_CONFIG, CONFIG):
            told = tuple(r for r in GENERATE if _tells(settings, key, r, file))
            keepers = tuple(r for r in told if r in kept)
            if key in COLLECTED and keepers:
                yield Output(key, file, _pointer(checkpoint, file, key), keepers, keepers)
            elif key in COMPUTED and told and file != CONFIG:
                yield Output(key, file, (key,), told, keepers)


def _tells(settings: Settings, key: str, runtime: Runtime, file: str) -> bool:
    setting = effective(settings, key, runtime)
    return setting.value is True and setting.decided_by == file


def _pointer(checkpoint: Checkpoint, file: str, key: str) -> Pointer:
    return next(_places(checkpoint, key), (key,)) if file == CONFIG else (key,)


def _places(checkpoint: Checkpoint, key: str) -> Iterator[Pointer]:
    """Yield where config.json has the flag on: for the whole model, or for what writes text."""
    nested = decoder_pointer(checkpoint.values(CONFIG) or {})
    for pointer in ((), nested) if nested else ((),):
        if checkpoint.get(CONFIG, *pointer, key) is True:
            yield (*pointer, key)


def _keeps(checkpoint: Checkpoint, settings: Settings, runtime: Runtime) -> bool:
    """Whether ``generate()`` returns a dict; one derived from config.json does with any flag."""
    if effective(settings, DICT, runtime).value is True:
        return True
    derived = not checkpoint.has(GENERATION_CONFIG)
    return derived and any(
        effective(settings, key, runtime).value is True for key in (*COMPUTED, *COLLECTED)
    )
