"""The trial that runs: its steps and text so far, and the generation that they become."""

from dataclasses import dataclass, field

from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.live.trial import Finish, Trial
from slowlens.frozen import replace
from slowlens.measure.events import Stepped, TrialFinished, TrialStarted


@dataclass(slots=True)
class Running:
    """It grows with each event of its own."""

    trial: Trial
    started: TrialStarted
    steps: list[Step] = field(default_factory=list[Step])
    text: list[str] = field(default_factory=list[str])

    def add(self, event: Stepped) -> None:
        """Take in further steps."""
        self.steps += event.steps
        self.text.append(event.text)

    def finished(self, end: TrialFinished) -> Generation:
        """Return all of it as a generation."""
        return Generation(
            self.trial,
            self.started.prompt_tokens,
            _with_gpu(self.steps, end.gpu),
            end.total_seconds,
            end.finish,
            "".join(self.text),
            started=self.started.at,
            memory_peak=end.memory_peak,
            rows=end.rows,
            image_tokens=self.started.image_tokens,
            cache_size=end.cache_size,
            passes=end.passes,
        )

    def cut_off(self) -> Generation | None:
        """Return what there is of it; None before its first step."""
        if not self.steps:
            return None
        seconds = sum(step.seconds for step in self.steps)
        return self.finished(TrialFinished(self.started.trial, seconds, Finish.STOPPED))


def _with_gpu(steps: list[Step], seconds: tuple[float, ...]) -> tuple[Step, ...]:
    """Put the times of the GPU to the steps: none where the trial was cut off, or has no GPU."""
    if len(seconds) != len(steps):
        return tuple(steps)
    return tuple(replace(step, gpu=gpu) for step, gpu in zip(steps, seconds, strict=True))
