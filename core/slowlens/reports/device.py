"""A model in memory, and a look at the machine, in a few words; what is not known is left out."""

from collections.abc import Iterator, Sequence

from slowlens.facts.live.conditions import Stretch, known, shared, slowed, trouble
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import LoadedModel
from slowlens.reports.units import count, counted, size

SHORT = 0.95
"""Of the memory of a GPU in use: what comes next may not fit."""


def loaded(model: LoadedModel) -> Iterator[str]:
    """Yield how a model was loaded, what it lacks, and what could not be done as it asks."""
    device = model.device
    where = f"{device.name}, {size(device.memory)}" if device.memory else device.name
    yield (
        f"loaded {model.subject} in {model.seconds:.1f} s: {count(model.parameters)} parameters, "
        f"{model.dtype}, {model.attention or 'unknown'} attention, on {device.kind} ({where}, "
        f"{counted(device.threads, 'thread')}){divided(model)}"
    )
    if model.missing:
        yield f"  {counted(model.missing, 'tensor')} are not in the files: they are random"
    for note in model.notes:
        yield f"  {note}"


def divided(model: LoadedModel) -> str:
    """Say over how many processes it is divided; empty where it is not."""
    count = len(model.shards)
    return f", divided over {count} processes" if count > 1 else ""


def gpus(looks: Sequence[DeviceSample]) -> tuple[str, ...]:
    """Describe the GPUs by their last looks, of several the busiest one; empty without any."""
    found = {look.device: look for look in looks if look.device}
    if not found:
        return ()
    figures = words(max(found.values(), key=lambda look: look.utilization or 0))
    return (f"busiest of {len(found)}", *figures) if len(found) > 1 else figures


def troubles(looks: Sequence[DeviceSample]) -> tuple[str, ...]:
    """Say what is wrong with the GPUs, where enough of the looks at one of them found it."""
    by_gpu: dict[str, list[DeviceSample]] = {}
    for look in looks:
        if look.device:
            by_gpu.setdefault(look.device, []).append(look)
    seen = [Stretch("", device, tuple(found)) for device, found in by_gpu.items()]
    said: list[str] = []
    if slow := trouble(seen, slowed):
        reasons = dict.fromkeys(why for look in slow.looks for why in look.throttle or ())
        said.append(f"throttled ({', '.join(reasons)})")
    if busy := trouble(seen, shared):
        others = max(known(busy.looks, "other_processes"), default=0)
        said.append(counted(others, "other program") if others else "others hold memory of it")
    if trouble(seen, _short):
        said.append(f"less than {100 - 100 * SHORT:.0f} % of its memory is free")
    return tuple(said)


def _short(look: DeviceSample) -> bool | None:
    if look.memory_used is None or look.memory_total is None:
        return None
    return look.memory_used > SHORT * look.memory_total


def host(look: DeviceSample) -> tuple[str, ...]:
    """Describe the machine around the GPUs: what every look knows of it."""
    memory = _bytes(look.process_memory)
    taken = f"{memory} taken by the run" if memory else ""
    return tuple(text for text in (_load(look), taken) if text)


def _load(look: DeviceSample) -> str:
    if look.load is None:
        return ""
    if not look.cores:
        return f"load {look.load:.1f}"
    return f"load {look.load:.1f} on {counted(look.cores, 'core')}"


def words(look: DeviceSample) -> tuple[str, ...]:
    """Describe one look at a GPU, a few words a figure."""
    return tuple(
        text
        for text in (
            _of(_bytes(look.memory_used), _bytes(look.memory_total), " in use"),
            _of(_whole(look.utilization), "", " % busy"),
            _of(_whole(look.sm_clock), _whole(look.sm_clock_max), " MHz"),
            _of(_whole(look.power), _whole(look.power_limit), " W"),
            _of(_whole(look.temperature), "", " °C"),
            f"{counted(look.other_processes, 'other program')}" if look.other_processes else "",
            f"throttled ({', '.join(look.throttle or ())})" if slowed(look) else "",
        )
        if text
    )


def _of(figure: str, most: str, what: str) -> str:
    if not figure:
        return ""
    return f"{figure} of {most}{what}" if most else f"{figure}{what}"


def _bytes(count: int | None) -> str:
    return "" if count is None else size(count)


def _whole(number: float | None) -> str:
    return "" if number is None else f"{number:.0f}"
