"""A plan from its first trial to its last: what fails is reported, and the rest goes on."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from slowlens.errors import WorkerError
from slowlens.facts.live.measurement import Failure, WarmUp
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import recomputed
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.measure.events import (
    Compared,
    Event,
    Finished,
    Planned,
    Probed,
    Profiled,
    Started,
    Stepped,
    TrialFailed,
    WarmedUp,
    WarmingUp,
)
from slowlens.measure.plan import Known, first, rest
from slowlens.measure.worker.device import choose
from slowlens.measure.worker.environment import environment
from slowlens.measure.worker.equality import equality
from slowlens.measure.worker.failure import OutOfMemoryError, during, forgetting
from slowlens.measure.worker.loading import Ready
from slowlens.measure.worker.models import Models
from slowlens.measure.worker.peaks import peaks
from slowlens.measure.worker.pulse import Pulse
from slowlens.measure.worker.sequence import LONGEST_ANSWER, Common, common_prompt
from slowlens.measure.worker.tensors import textual
from slowlens.measure.worker.trial import OWN_PROMPT, REFUSED, compiled, record, run
from slowlens.measure.worker.warmup import warm_up

LAUNCH_BOUND = 0.5
"""Share of a step in which the GPU waits, from which a compiled one is tried as well."""

TIMED = {Purpose.SPEED, Purpose.CURVE}


class Work:
    """One plan on one device."""

    def __init__(self, plan: Plan, send: Callable[[Event], None]) -> None:
        self._plan, self._send = plan, send
        self._device = choose(plan.device, plan.threads)
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
        if hopeless := next((e for t, e in self._failed if _no_easier(trial, t, e)), None):
            return hopeless
        try:
            self._one(index, trial)
        except WorkerError as error:
            return forgetting(error)
        return None

    def _one(self, index: int, trial: Trial) -> None:
        ready = self._models.get(trial.subject)
        own = trial.purpose in OWN_PROMPT
        common = self._common or (Common(()) if own else self._begin(ready))
        with during(f"generating with {trial.label}", self._device, REFUSED):
            match trial.purpose:
                case Purpose.PROFILE:
                    self._get_warm(ready, trial, common)
                    record(ready, trial, common, self._noted)
                case Purpose.EQUALITY:
                    self._send(
                        Compared(equality(ready, trial.subject, trial.new_tokens, self._pulse))
                    )
                case _:
                    if trial.purpose in TIMED:
                        self._get_warm(ready, trial, common)
                    self._lengths = []
                    run(ready, trial, common, index, self._noted)
        if ready.model.config.is_encoder_decoder:
            self._known.encoding.add(trial.subject)
        if trial.purpose is Purpose.PROOF and recomputed(self._lengths):
            self._known.recomputing.add(trial.subject)

    def _begin(self, ready: Ready) -> Common:
        """Have the first model write the answer that all timed trials go on with."""

        def text(ids: Sequence[int]) -> Sequence[int]:
            return textual(ids, ready.model.config) if ready.prompt.tensors else ids

        prompt = common_prompt(text(ready.prompt.ids), self._plan.prompt_tokens)
        trial = Trial(
            ready.card.subject,
            Cache.ON,
            Purpose.SPEED,
            min(LONGEST_ANSWER, self._plan.new_tokens),
        )
        tokens: list[int] = []

        def listen(event: Event) -> None:
            if isinstance(event, Stepped):
                tokens.extend(step.token for step in event.steps)

        self._send(WarmingUp(trial.subject, trial.cache))
        with suppress(WorkerError), during("probing the device", self._device, REFUSED):
            self._send(Probed(peaks(self._device, ready.model.dtype)))
        with suppress(WorkerError), during("warming up", self._device, REFUSED):
            run(ready, trial, Common(prompt), 0, listen)  # what it refuses, its trials will tell
        self._common = Common(prompt, tuple(text(tokens)))
        return self._common

    def _get_warm(self, ready: Ready, trial: Trial, common: Common) -> None:
        """Warm up once a load."""
        length = trial.new_tokens if compiled(ready, trial) else 0  # a new length compiles anew
        kind = trial.subject, trial.cache, length
        if self._warm.get(kind) == self._models.loads:
            return
        self._send(WarmingUp(trial.subject, trial.cache))
        warm: WarmUp = warm_up(ready, trial, common, self._pulse.put)
        if kind not in self._warm:
            self._send(WarmedUp(warm))
        self._warm[kind] = self._models.loads

    def _noted(self, event: Event) -> None:
        """Take note of what decides which trials follow, and pass everything on."""
        match event:
            case Stepped(_, steps):
                self._lengths += [step.tokens_in for step in steps]
            case Profiled(profile):
                if profile.busy + profile.copies < LAUNCH_BOUND * profile.wall:
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


def _no_easier(trial: Trial, failed: Trial, error: WorkerError) -> bool:
    """Whether a trial needs all that one needed which ran out of memory.

    Those of other purposes have other prompts, beams, or logits to keep; timed ones are alike.
    """
    same = (trial.subject, trial.cache) == (failed.subject, failed.cache)
    alike = trial.purpose is failed.purpose or {trial.purpose, failed.purpose} <= TIMED
    longer = trial.ahead + trial.new_tokens >= failed.ahead + failed.new_tokens
    return isinstance(error, OutOfMemoryError) and same and alike and longer
