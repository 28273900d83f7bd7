"""What to measure, and the button that starts it."""

from dataclasses import replace

import streamlit as st

from slowlens.errors import SlowlensError
from slowlens.facts.live.plan import Plan
from slowlens.gather.hub.ids import require_weights
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.run import Run
from slowlens_dashboard.jobs import BusyError, jobs
from slowlens_dashboard.messages import complain, tell
from slowlens_dashboard.pair import Pair, options

DEVICES = ("auto", "cuda", "cpu", "mps")
USUAL = Plan(merged="")


def plan_form(pair: Pair) -> None:
    """Draw the form; its button starts the run."""
    with st.form("plan"):
        st.text_area("Prompt", DEFAULT_PROMPT, key="prompt", height=130)
        tokens, rounds, limit, device, threads = st.columns(5)
        tokens.number_input("New tokens", 4, 4096, USUAL.new_tokens, key="new-tokens", help=_TOKENS)
        rounds.number_input("Rounds", 1, 20, USUAL.rounds, key="rounds", help=_ROUNDS)
        limit.number_input(
            "Answer limit", 4, 8192, USUAL.answer_tokens, key="answer-tokens", help=_LIMIT
        )
        device.selectbox("Device", DEVICES, key="device", help=_DEVICE)
        threads.number_input("CPU threads", 0, 512, 0, key="threads", help=_THREADS)
        st.form_submit_button(
            "Start", type="primary", icon=":material/play_arrow:", on_click=_submit, args=(pair,)
        )
    st.caption(
        "It loads the merged checkpoint as shipped, proves in three tokens whether it uses its"
        " cache, and then times it as shipped, with the cache on and with the cache off"
        + (", and its source." if pair.source else ".")
        + " Nothing is written into either folder."
    )


_TOKENS = "Each timed trial generates exactly this many."
_LIMIT = "At the end an answer may stop by itself; after this many tokens it is stopped."
_ROUNDS = "Each trial runs this many times, in turns, so that a busy moment hits all alike."
_DEVICE = "auto takes the GPU where there is one."
_THREADS = "0 takes all cores but one. On a busy machine 1 is steadier."


def start(plan: Plan) -> None:
    """Start to measure, or attach to what runs already; a callback."""
    try:
        for folder in (plan.merged, plan.source):
            if folder is not None:
                require_weights(options().allow(folder))
        st.query_params["run"] = jobs().start(plan).id
    except BusyError as busy:
        st.query_params["run"] = busy.job.id
        tell("A run is already in progress. This is it.")
    except SlowlensError as error:
        complain(error)


def again(run: Run) -> Plan:
    """Return the plan of ``run``, to measure the same once more."""
    assert run.measurement
    source = None if run.source is None else run.source.path
    return replace(run.measurement.plan, merged=run.merged.path, source=source)


def _submit(pair: Pair) -> None:
    form = st.session_state
    start(
        Plan(
            merged=str(pair.merged),
            source=None if pair.source is None else str(pair.source),
            prompt=form["prompt"],
            new_tokens=form["new-tokens"],
            rounds=form["rounds"],
            answer_tokens=form["answer-tokens"],
            device=form["device"],
            threads=form["threads"],
        )
    )
