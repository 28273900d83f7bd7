"""Whole runs made by hand."""

from literals import generation, measurement, merged, source
from slowlens.answer import answer
from slowlens.diagnose import diagnose
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Purpose
from slowlens.run import CheckpointSummary, Run

SLOW = ({"use_cache": False}, {"_from_model_config": True, "use_cache": False, "eos_token_id": 2})
SOUND = ({}, {"eos_token_id": 2})


def a_measurement(slow: float = 0.4) -> Measurement:
    """Without its cache a token takes ``slow`` seconds, with it 0.1."""
    return measurement(
        generation(1, slow, slow, purpose=Purpose.PROOF, cached=False),
        *[generation(1, slow, slow, slow, cached=False)] * 3,
        *[generation(1, 0.1, 0.1, 0.1, cache=Cache.ON)] * 3,
    )


def a_run(measured: Measurement | None = None) -> Run:
    """Diagnose a regenerated checkpoint against its sound source."""
    here, there = merged(*SLOW), source(*SOUND)
    outcomes = diagnose([f for f in (here, there, measured) if f is not None])
    summary = CheckpointSummary("/m", "llama", {"config.json": 10}, 5, 10, {"BF16": 10}, {})
    return Run(
        id="20260102-030405-abcd",
        created="2026-01-02T03:04:05+00:00",
        slowlens="0.1.0",
        environment=Environment("3.12", "Linux", {"torch": "2.13.0"}),
        merged=summary,
        source=summary,
        settings=here.settings,
        source_settings=there.settings,
        answer=answer(outcomes, (), measured),
        outcomes=outcomes,
        diff=Diff((Difference("config.json", "use_cache", merged=False, effect=Effect.SPEED),)),
        measurement=measured,
    )
