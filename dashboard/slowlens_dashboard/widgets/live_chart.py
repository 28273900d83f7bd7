"""A run in progress: it polls the events that it lacks and asks for one rerun at the end."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.seconds import ALMOST, MINUTE, STEP
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.measure.stages import Stage, sure
from slowlens_dashboard.charts.steps import TOOLTIP, layout, sampled
from slowlens_dashboard.serving.routes import EVENTS, PLOTLY
from slowlens_dashboard.wording.language import _, language

HERE = Path(__file__).parent
WORDS: Mapping[str, str] = {
    "starting": "Starting the measuring process…",
    "lost": "The server does not answer. Trying again…",
    "loading": "Loading {subject} ({size})…",
    "loading-some": "Loading {subject}: {done} of {size}…",
    "loading-left": "Loading {subject}: {done} of {size}, about {left} left…",
    "loaded": "Loaded {subject} in {seconds} s",
    "warming": "Warming up {kind}, until its times are steady…",
    "compiling": "Warming up {kind}, until its times are steady. Where it compiles, the first time"
    " takes a minute…",
    "warmed": "Warmed up {kind} in {runs}: first {first}, last {last}",
    "recording": "{label}: recording every kernel of the GPU…",
    "comparing": "{subject}: does it say the same with its cache as without? {tokens}…",
    "proving": "{label}: does it use its cache? Step {token} of {tokens}",
    "answering": "{label}: does it stop by itself? Token {token} of at most {tokens}",
    "sampling": "{label}: sampled at token {place} of {all}, round {round} of {rounds}",
    "timing": "{label}: token {token} of {tokens}",
    "timing-round": "{label}: token {token} of {tokens}, round {round} of {rounds}",
    "failed": "{label} could not be run: {message}",
    "steps-took": "{label}: the first steps took in {taken} tokens, so",
    "steps-unknown": "{label}: the work of its first steps was",
    "cache-yes": "it uses its cache",
    "cache-no": "it does not use its cache",
    "cache-unknown": "not counted",
    "soon": "Each token's time is drawn here once the first trial is timed.",
    "writes": "{label} writes",
    "goes-on": "{label} goes on with the answer that all share",
    "speed": "Speed",
    "first": "First token (TTFT)",
    "input": "Last input",
    "each": "per token",
    "round": "round {round}",
    "place": "{number} of {total}",
    "left": "about {left} left; loading and warming up apart",
    "left-answers": "about {left} left, and at most {answers} for answers; loading and warming up"
    " apart",
    "seconds": "{number} s",
    "minutes": "{number} min",
    "at-most": "at most {left} left; loading and warming up apart",
    "token": "{number} token",
    "tokens": "{number} tokens",
    "run": "{number} run",
    "runs": "{number} runs",
    "thread": "{number} thread",
    "threads": "{number} threads",
    "bar": "Measured of the whole run",
    "bar-load": "Loaded of the model",
}
"""What the script says, with holes that it fills."""

_component = st.components.v2.component(
    "slowlens.live_chart",
    html=(HERE / "live_chart.html").read_text(),
    css=(HERE / "live_chart.css").read_text(),
    js="".join((HERE / name).read_text() for name in ("live_forecast.js", "live_chart.js")),
    isolate_styles=False,  # plotly.js adds its rules to the document
)


def live_chart(run_id: str, plan: Plan) -> None:
    """Draw the run as it grows."""
    _component(
        key=f"live-{run_id}",
        data={
            "events": EVENTS.format(id=run_id),
            "plotly": PLOTLY,
            "language": language(),
            "layout": _(layout()),
            "tokens": plan.new_tokens,
            "stages": list(Stage),
            "sure": sure(plan),
            "rough": {"step": STEP, "minute": MINUTE, "almost": ALMOST},
            "words": {name: _(text) for name, text in WORDS.items()},
            "names": {name: _(name) for name in names(plan)},
        },
        on_finished_change=lambda: None,
    )


def names(plan: Plan) -> tuple[str, ...]:
    """Return what events of a run may call something, and a page shows as it is called."""
    subjects = (*Subject, *(overlay.name for overlay in plan.overlays))
    kinds = [Trial(s, cache, Purpose.SPEED, 0).label for s in subjects for cache in Cache]
    return (*subjects, *kinds, *map(sampled, kinds), *Stage, TOOLTIP)
