"""A plan from its first trial to its last: what fails is reported, and the rest goes on."""

from collections.abc import Callable, Iterable

from slowlens.errors import WorkerError
from slowlens.facts.live.measurement import TIMED, Failure, WarmUp
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import recomputed
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.measure.events import (
    Compared,
    Event,
    Finished,
    Planned,
    Profiled,
    Started,
    Stepped,
    TrialFailed,
    WarmedUp,
    WarmingUp,
)
from slowlens.measure.plan import SAMPLED_FROM, Known, first, rest
from slowlens.measure.worker.attentions import require_attention
from slowlens.measure.worker.calling import OWN_PROMPT
from slowlens.measure.worker.device import choose
from slowlens.measure.worker.environment import environment
from slowlens.measure.worker.equality import equality
from slowlens.measure.worker.failure import OutOfMemoryError, during, forgetting
from slowlens.measure.worker.first_answer import first_answer
from slowlens.measure.worker.hopeless import hopeless
from slowlens.measure.worker.loading import Ready
from slowlens.measure.worker.models import Models
from slowlens.measure.worker.peers import ALONE, Place
from slowlens.measure.worker.pulse import Progress, Pulse
from slowlens.measure.worker.ranks import PartedError, agreed, join
from slowlens.measure.worker.sequence import Common
from slowlens.measure.worker.together import together
from slowlens.measure.worker.trial import REFUSED, compiled, record, run
from slowlens.measure.worker.warmup import warm_up
from slowlens.measure.worker.wear import wear_in

LAUNCH_BOUND = 0.5
"""Share of a step in which the GPU waits, from which a compiled one is tried as well."""


class Work:
    """One plan on one device, or a process's part in it where several share it."""

    def __init__(self, plan: Plan, send: Callable[[Event], None], place: Place = ALONE) -> None:
        require_attention(plan)
        self._plan, self._send = plan, send
        self._device = choose(plan.device, plan.threads, place)
        if place != ALONE:
            join(place, self._device)
        self._gpu = self._device.type == "cuda"
        self._pulse = Pulse(send)
        self._models = Models(plan, self._device, send)
        self._common: Common | None = None
        self._warm: dict[tuple[str, Cache, int], int] = {}
        self._known = Known()
        self._lengths: list[int] = []
        self._done = 0
        self._failed: list[tuple[Trial, WorkerError]] = []

    def run(self) -> None:
        """Run everything; WorkerError when nothing could be run at all."""
        trials = first(self._plan, gpu=self._gpu)
        self._send(Started(environment(), trials))
        self._each(enumerate(trials))
        planned = trials + rest(self._plan, self._known, gpu=self._gpu)
        self._send(Planned(planned))
        self._each(list(enumerate(planned))[len(trials) :])
        if not self._done and self._failed:
            raise self._failed[0][1]
        self._send(Finished())

    def _each(self, trials: Iterable[tuple[int, Trial]]) -> None:
        for index, trial in trials:
            error = self._tried(index, trial)
            if error is None:
                self._done += 1
            else:
                self._fail(index, trial, error)

    def _tried(self, index: int, trial: Trial) -> WorkerError | None:
        """Run a trial unless that is hopeless; return why it failed."""
        if error := hopeless(trial, self._failed):
            return error
        try:
            together("trial", lambda: self._one(index, trial))
        except PartedError:
            raise
        except WorkerError as error:
            return forgetting(error)
        return None

    def _one(self, index: int, trial: Trial) -> None:
        ready = self._models.get(trial.subject)
        own = trial.purpose in OWN_PROMPT
        if not own and self._common is None:
            self._common = first_answer(ready, self._plan, self._send)
        common = self._common or Common(())
        with during(f"generating with {trial.label}", self._device, REFUSED):
            match trial.purpose:
                case Purpose.PROFILE:
                    self._get_warm(ready, trial, common)
                    record(ready, trial, common, self._noted)
                case Purpose.EQUALITY:
                    told = Progress(self._send, trial.subject, trial.new_tokens)
                    self._send(Compared(equality(ready, trial.subject, trial.new_tokens, told)))
                case _:
                    if trial.purpose in TIMED:
                        self._get_warm(ready, trial, common)
                    self._lengths = []
                    run(ready, trial, common, index, self._noted)
        if ready.model.config.is_encoder_decoder:
            self._known.encoding.add(trial.subject)
        if trial.purpose is Purpose.PROOF and recomputed(self._lengths):
            self._known.recomputing.add(trial.subject)

    def _get_warm(self, ready: Ready, trial: Trial, common: Common) -> None:
        """Warm up once a load."""
        length = trial.new_tokens if compiled(ready, trial) else 0  # a new length compiles anew
        kind = trial.subject, trial.cache, length
        if self._warm.get(kind) == self._models.loads:
            return
        self._send(WarmingUp(trial.subject, trial.cache))
        if self._wears(trial):
            wear_in(ready.model.dtype)
        warm: WarmUp = warm_up(ready, trial, common, self._pulse.put)
        if kind not in self._warm:
            self._send(WarmedUp(warm))
        self._warm[kind] = self._models.loads

    def _wears(self, trial: Trial) -> bool:
        """Whether this is, or stands for, a long run that recomputes on a CPU."""
        shipped = trial.cache is Cache.AS_SHIPPED and trial.subject in self._known.recomputing
        recomputes = shipped or trial.cache is Cache.OFF
        long = self._plan.new_tokens >= SAMPLED_FROM
        return self._device.type == "cpu" and recomputes and long

    def _noted(self, event: Event) -> None:
        """Take note of what decides which trials follow, and pass everything on."""
        match event:
            case Stepped(_, steps):
                self._lengths += [step.tokens_in for step in steps]
            case Profiled(profile):
                worked = profile.busy + profile.copies
                if agreed("launch-bound", worked < LAUNCH_BOUND * profile.wall):
                    self._known.launch_bound.add(profile.subject)
            case _:
                pass
        self._send(event)

    def _fail(self, index: int, trial: Trial, error: WorkerError) -> None:
        self._failed.append((trial, error))
        needed = free = None
        if isinstance(error, OutOfMemoryError):
            needed, free = error.needed, error.free
            self._models.let_go()
        self._send(TrialFailed(index, Failure(trial, str(error), error.hint, needed, free)))
        if trial.subject == Subject.MERGED and self._models.unloadable(Subject.MERGED):
            raise error  # without it there is nothing to find out
