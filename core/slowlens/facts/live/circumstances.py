"""The circumstances of a measurement that its times depend on, in words; None is "not known"."""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from zlib import crc32

from slowlens.facts.environment import Device
from slowlens.facts.live.measurement import TIMED, LoadedModel, Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache

SHOWN = 40
"""Characters of a prompt that are shown."""

Tell: TypeAlias = Callable[[Measurement], str | None]


def of_model(subject: str) -> Mapping[str, Tell]:
    """How the model of a subject was loaded."""

    def tell(get: Callable[[LoadedModel], str]) -> Tell:
        def told(measurement: Measurement) -> str | None:
            model = measurement.model(subject)
            return (get(model) or None) if model else None

        return told

    return {
        f"dtype of {subject}": tell(lambda model: model.dtype),
        f"attention of {subject}": tell(lambda model: model.attention),
    }


def of_trial(subject: str, cache: Cache) -> Mapping[str, Tell]:
    """How long the prompt of one kind of trial is, and how many sequences a pass processed."""

    def tell(get: Callable[[Generation], str]) -> Tell:
        def told(measurement: Measurement) -> str | None:
            found = [
                g
                for g in measurement.generations
                if g.trial.purpose in TIMED and (g.trial.subject, g.trial.cache) == (subject, cache)
            ]
            return get(min(found, key=lambda g: g.prompt_tokens)) if found else None

        return told

    return {
        f"prompt length of {subject}": tell(lambda g: f"{g.prompt_tokens} tokens"),
        f"batch of {subject}": tell(lambda g: str(g.rows)),
    }


def _device(measurement: Measurement) -> Device | None:
    return next((model.device for model in measurement.models), None)


def _name(measurement: Measurement) -> str | None:
    device = _device(measurement)
    return (device.name or device.kind) if device else None


def _gpus(measurement: Measurement) -> str | None:
    on_gpus = (m for m in measurement.models if m.device.kind == "cuda")
    count = max((len(model.gpus) or 1 for model in on_gpus), default=0)
    return str(count) if count else None


def _driver(measurement: Measurement) -> str | None:
    device = _device(measurement)
    return (device.driver or None) if device else None


def _power_limit(measurement: Measurement) -> str | None:
    device = _device(measurement)
    told = [device.power_limit] if device else []
    limits = (*told, *(look.power_limit for look in measurement.samples))
    limit = next((watts for watts in limits if watts is not None), None)
    return None if limit is None else f"{limit:g} W"


def _threads(measurement: Measurement) -> str | None:
    """Tell where it counts, which is on a CPU."""
    device = _device(measurement)
    return str(device.threads) if device and device.kind == "cpu" and device.threads else None


def _package(name: str) -> Tell:
    def told(measurement: Measurement) -> str | None:
        found = measurement.environment
        return found.packages.get(name) if found else None

    return told


def _prompt(measurement: Measurement) -> str:
    """Show its beginning; a checksum tells those apart that begin alike."""
    prompt = measurement.plan.prompt
    text = " ".join(prompt.split())
    if len(text) <= SHOWN:
        return f"“{text}” of {len(prompt)} characters"
    mark = crc32(prompt.encode(errors="surrogatepass"))
    return f"“{text[: SHOWN - 1]}…” of {len(prompt)} characters, checksum {mark:08x}"


def _parameters(measurement: Measurement) -> str | None:
    """Tell them where the model was made up: a checkpoint may have fewer because of a fix."""
    model = measurement.models[0] if measurement.models else None
    return f"{model.parameters:,}" if model and measurement.plan.random_weights else None


MACHINE: Mapping[str, Tell] = {
    "device": _name,
    "number of GPUs": _gpus,
    "driver": _driver,
    "power limit": _power_limit,
    "CPU threads": _threads,
    "torch": _package("torch"),
    "transformers": _package("transformers"),
}
"""What it ran on, and what with."""

TASK: Mapping[str, Tell] = {
    "prompt": _prompt,
    "picture": lambda m: m.plan.image or "none",
    "new tokens": lambda m: str(m.plan.new_tokens),
    "device map": lambda m: m.plan.device_map or "none",
    "processes": lambda m: str(max(1, m.plan.tensor_parallel)),
    "weights": lambda m: "made up" if m.plan.random_weights else "from the files",
    "parameters": _parameters,
}
"""What was asked for."""
