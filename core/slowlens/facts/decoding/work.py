"""How much work one step of ``generate()`` is: sequences side by side, passes, and what fails."""

from collections.abc import Iterator, Mapping

from slowlens.facts.decoding.parameters import effective
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting, Settings
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Json, whole

KEYS = (
    "num_beams",
    "num_return_sequences",
    "num_beam_groups",
    "force_words_ids",
    "constraints",
    "penalty_alpha",
    "dola_layers",
    "guidance_scale",
    "do_sample",
    "top_k",
)
NO_COUNT = "generate() raises an error, for it is no count above zero"
NO_CHANCE = "generate() raises an error, for several sequences need do_sample or beams"
MOVED = (
    "transformers 5 raises an error, for this way of decoding is no longer in the library and "
    "loading it needs trust_remote_code"
)

_Found = Mapping[str, Setting]


@dataclass(frozen=True, slots=True)
class Work:
    """A generation parameter that multiplies the work of a step, or stops the version."""

    key: str
    value: Json
    file: str
    factor: int
    """Times the work of a step."""
    trouble: str = ""
    """Why the version raises an error instead."""


def work(settings: Settings, runtime: Runtime) -> tuple[Work, ...]:
    """Return what makes a step of ``runtime`` more than one pass over one sequence."""
    found = {key: effective(settings, key, runtime) for key in KEYS}
    moved = MOVED if runtime is Runtime.TRANSFORMERS_5 else ""
    return (*_sequences(found, moved), *_candidates(found, moved), *_passes(found))


def _sequences(found: _Found, moved: str) -> Iterator[Work]:
    beams, copies = found["num_beams"], found["num_return_sequences"]
    for key, setting in (("num_beams", beams), ("num_return_sequences", copies)):
        if _count(setting) is None:
            yield _work(key, setting, 1, NO_COUNT)
    many, several = _count(beams) or 1, _count(copies) or 1
    if many > 1:
        yield _work("num_beams", beams, many)
        for key in ("num_beam_groups", "force_words_ids", "constraints"):
            if moved and found[key].value not in (None, 1):
                yield _work(key, found[key], 1, moved)
    elif several > 1:
        trouble = "" if found["do_sample"].value is True else NO_CHANCE
        yield _work("num_return_sequences", copies, several, trouble)


def _candidates(found: _Found, moved: str) -> Iterator[Work]:
    """Contrastive search runs ``top_k`` candidates in each step."""
    alpha, k = _number(found["penalty_alpha"]), _count(found["top_k"]) or 1
    alone = (_count(found["num_beams"]) or 1) == 1
    if alone and found["do_sample"].value is not True and alpha > 0 and k > 1:
        yield _work("penalty_alpha", found["penalty_alpha"], k, moved)
    if alone and moved and found["dola_layers"].value is not None:
        yield _work("dola_layers", found["dola_layers"], 1, moved)


def _passes(found: _Found) -> Iterator[Work]:
    """Guidance runs the model once with the prompt and once without."""
    if _number(found["guidance_scale"]) not in (0, 1):
        yield _work("guidance_scale", found["guidance_scale"], 2)


def _work(key: str, setting: Setting, factor: int, trouble: str = "") -> Work:
    return Work(key, setting.value, setting.decided_by, factor, trouble)


def _count(setting: Setting) -> int | None:
    """Return a count above zero, one where no file says anything."""
    silent = setting.value is None and setting.decided_by == DEFAULT
    count = 1 if silent else whole(setting.value)
    return count if count is not None and count > 0 else None


def _number(setting: Setting) -> float:
    value = setting.value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0
