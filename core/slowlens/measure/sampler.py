"""Looks at the machine while a child measures, from a thread of the parent.

The child's interpreter times its own steps, so nothing in it may take a look. ``DeviceSample.at``
and ``Generation.started`` are both ``time.perf_counter()``: on Linux that is ``CLOCK_MONOTONIC``,
which counts from the start of the machine for every process, on macOS ``mach_absolute_time`` and
on Windows ``QueryPerformanceCounter``, which do so too.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Self

from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import LoadedModel
from slowlens.frozen import replace
from slowlens.gather.devices import Gpus, open_gpus
from slowlens.gather.family import Family, load_average
from slowlens.gather.gpu import Gpu

logger = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds between two looks."""
BATCH = 0.5
"""Seconds of looks that are handed over together."""
PATIENCE = 2.0
"""Seconds to wait for the last look: a driver that hangs must not hold up the end of a run."""

Samples = tuple[DeviceSample, ...]


class Sampler:
    """Hands ``give`` its looks at the child ``pid`` and the GPUs that it uses, some at a time.

    ``begin``, ``watch`` and ``stop`` may come from any thread; ``give`` is called from the
    sampler's own. Before ``begin`` each GPU is looked at once: what is in use then is of others.
    """

    def __init__(self, pid: int, give: Callable[[Samples], object]) -> None:
        self._give = give
        self._family = Family(pid)
        self._uuids: tuple[str, ...] = ()
        self._before: dict[str, int | None] = {}
        self._gpus: dict[str, Gpu | None] = {}
        self._kept: list[DeviceSample] = []
        self._begun, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def begin(self) -> None:
        """Look at the child and at the load from now on."""
        self._begun.set()

    def watch(self, model: LoadedModel) -> None:
        """Look at the GPUs that ``model`` is on as well."""
        if model.device.kind == "cuda":
            found = (*self._uuids, *(model.gpus or (model.device.uuid,)))
            self._uuids = tuple(dict.fromkeys(found))
        self.begin()

    def stop(self) -> Samples:
        """End the looks and return those that were not handed over yet."""
        self._over.set()
        self._begun.set()
        self._thread.join(PATIENCE)
        kept, self._kept = self._kept, []
        return tuple(kept)

    def _run(self) -> None:
        try:
            with open_gpus() as gpus:
                self._look_before(gpus)
                self._begun.wait()
                self._follow(gpus)
        except Exception:  # figures beside the measurement, which goes on without them
            logger.exception("the machine is not watched any more")

    def _look_before(self, gpus: Gpus | None) -> None:
        looks = gpus.samples(DeviceSample(time.perf_counter())) if gpus else ()
        if not self._begun.is_set():
            self._before = {look.device: look.memory_used for look in looks}

    def _follow(self, gpus: Gpus | None) -> None:
        handed = time.monotonic()
        while not self._over.wait(INTERVAL):
            self._kept += self._look(gpus)
            if (now := time.monotonic()) - handed >= BATCH:
                self._give(tuple(self._kept))
                self._kept, handed = [], now

    def _look(self, gpus: Gpus | None) -> Samples:
        machine = DeviceSample(
            time.perf_counter(),
            process_memory=self._family.memory(),
            load=load_average(),
            cores=os.cpu_count(),
        )
        found = (self._gpu(gpus, uuid) for uuid in self._uuids)
        return tuple(self._at(gpu, machine) for gpu in found if gpu) or (machine,)

    def _at(self, gpu: Gpu, machine: DeviceSample) -> DeviceSample:
        look = gpu.look(machine, self._family.pids)
        if look.other_memory is not None:
            return look
        return replace(look, other_memory=self._before.get(gpu.uuid))

    def _gpu(self, gpus: Gpus | None, uuid: str) -> Gpu | None:
        if uuid not in self._gpus:
            self._gpus[uuid] = gpus.find(uuid) if gpus else None
        return self._gpus[uuid]
