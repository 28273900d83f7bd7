"""How each runtime picks a token, as far as the files say."""

from collections.abc import Iterator, Mapping

from slowlens.facts.decoding.parameters import effective
from slowlens.facts.runtimes import ENGINES, GENERATE, Runtime
from slowlens.facts.settings import Setting, Settings
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Json, same

SAMPLED = ("temperature", "top_k", "top_p", "min_p")
"""Parameters that count only where tokens are drawn by chance."""
ALWAYS = ("repetition_penalty", "no_repeat_ngram_size")
NEUTRAL: Mapping[str, Json] = {
    "do_sample": False,
    "temperature": 1.0,
    "top_k": 0,
    "top_p": 1.0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
}
"""What a null is as good as."""
SAMPLERS = (*GENERATE, *ENGINES)
COLD = 1e-4
"""At a temperature below this the likeliest token is drawn every time."""


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter with another value than in the source."""

    key: str
    merged: Setting
    source: Setting


def draws(settings: Settings, runtime: Runtime) -> bool:
    """Whether tokens are drawn by chance; an engine draws unless it is told a temperature of 0."""
    if runtime in GENERATE and effective(settings, "do_sample", runtime).value is not True:
        return False
    if effective(settings, "top_k", runtime).value == 1:
        return False
    temperature = effective(settings, "temperature", runtime).value
    return not isinstance(temperature, int | float) or temperature >= COLD


def changes(merged: Settings, source: Settings, runtime: Runtime) -> Iterator[Change]:
    """Yield the parameters that make ``runtime`` pick other tokens than with the source."""
    now, before = draws(merged, runtime), draws(source, runtime)
    sampled = SAMPLED if now and before else ()
    switch = () if now is before else (_switch(merged, source, runtime),)
    for key in (*switch, *ALWAYS, *sampled):
        here, there = effective(merged, key, runtime), effective(source, key, runtime)
        if not same(_plain(key, here, runtime), _plain(key, there, runtime)):
            yield Change(key, here, there)


def _switch(merged: Settings, source: Settings, runtime: Runtime) -> str:
    """Return the parameter that turns chance on or off."""
    for key in ("do_sample", "temperature"):
        here, there = (effective(settings, key, runtime).value for settings in (merged, source))
        if not same(here, there) and (runtime in GENERATE or key == "temperature"):
            return key
    return "top_k"


def _plain(key: str, setting: Setting, runtime: Runtime) -> Json:
    """Read a value as the runtime does: an engine is not told of a 50 that is the default."""
    if setting.value is None:
        return NEUTRAL[key]
    if key == "top_k" and runtime in ENGINES and setting.value in (-1, 50):
        return 0
    return setting.value
