"""What to measure, and the button that starts it."""

import streamlit as st

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache
from slowlens.measure.plan import DEFAULT_PROMPT, GENERATED, SAMPLED_FROM
from slowlens_dashboard.measuring.starting import start
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.wording.language import _

DEVICES = ("auto", "cuda", "cpu", "mps")
DTYPES = ("", "bfloat16", "float16", "float32")
ATTENTIONS = ("", "sdpa", "eager", "flash_attention_2")
DEVICE_MAPS = ("", "auto")
FOLDED = (
    *("dtype", "attention", "device-map", "tensor-parallel"),
    *("settings", "image", "full"),
)
"""Keys of the fields that are folded away while all of them are empty."""
USUAL = Plan(merged="")
_ALONE = (
    "It loads the merged checkpoint as shipped, proves in three tokens whether it uses its cache,"
    " and then times it as shipped, with the cache on and with the cache off."
)
_WITH_SOURCE = (
    "It loads the merged checkpoint as shipped, proves in three tokens whether it uses its cache,"
    " and then times it as shipped, with the cache on and with the cache off, and its source."
)
_TOKENS = "Each timed trial generates exactly this many."
_LIMIT = (
    "At the end an answer may stop by itself; after this many tokens it is stopped. 0 asks for"
    " none."
)
_ROUNDS = (
    "Each trial runs this many times, in turns, so that a busy moment hits all alike. A verdict"
    " takes three."
)
_PROMPT = (
    "In tokens: the prompt of timed trials is cut or repeated to this length, that of the proof and"
    " of answers is not. 0 leaves it."
)
_EQUALITY = "Over how many tokens the results with and without the cache are compared. 0: none."
_DEVICE = "auto takes the GPU where there is one."
_THREADS = "0 takes all cores but one. On a busy machine 1 is steadier."
_FIXES = (
    "Times it with the fix of each rule, and with all of them, on doubles made of links, which are"
    " removed again: how much of the gap does each give back?"
)
_MAP = "auto spreads the layers of a model over all GPUs, which work one after the other."
_PARALLEL = "Over so many GPUs, which share each layer and work side by side. 0: over none."
_SETTINGS = "Empty: as shipped, on, off, and static where a GPU waits for its host."
_IMAGE = "It goes with the prompt, for vision-language models."


def plan_form(pair: Pair) -> None:
    """Draw the form; its button starts the run."""
    with st.form("plan"):
        st.text_area(_("Prompt"), DEFAULT_PROMPT, key="prompt", height=130)
        _numbers()
        _where()
        changed = any(st.session_state.get(key) for key in FOLDED)
        with st.expander(
            _("Loading, cache settings, picture"), icon=":material/tune:", expanded=changed
        ):
            _loading()
        st.form_submit_button(
            _("Start"), type="primary", icon=":material/play_arrow:", on_click=_submit, args=(pair,)
        )
    st.caption(
        f"{_(_WITH_SOURCE if pair.source else _ALONE)} "
        + _(
            f"From {SAMPLED_FROM} new tokens on, what recomputes is sampled and estimated. Nothing"
            " is written into either folder."
        )
    )


def _numbers() -> None:
    rounds, tokens, prompt, limit, equality = st.columns(5)
    rounds.number_input(_("Rounds"), 1, 20, USUAL.rounds, key="rounds", help=_(_ROUNDS))
    tokens.number_input(
        _("New tokens"), 4, 4096, USUAL.new_tokens, key="new-tokens", help=_(_TOKENS)
    )
    prompt.number_input(
        _("Prompt length"), 0, 131072, USUAL.prompt_tokens, key="prompt-tokens", help=_(_PROMPT)
    )
    limit.number_input(
        _("Answer limit"), 0, 8192, USUAL.answer_tokens, key="answer-tokens", help=_(_LIMIT)
    )
    equality.number_input(
        _("Equality tokens"),
        0,
        512,
        USUAL.equality_tokens,
        key="equality-tokens",
        help=_(_EQUALITY),
    )


def _where() -> None:
    device, threads, fixes = st.columns([1, 1, 3], vertical_alignment="bottom")
    device.selectbox(_("Device"), DEVICES, key="device", help=_(_DEVICE))
    threads.number_input(_("CPU threads"), 0, 512, USUAL.threads, key="threads", help=_(_THREADS))
    fixes.checkbox(_("Try each fix too (nothing is written)"), key="try-fixes", help=_(_FIXES))


def _loading() -> None:
    dtype, attention, device_map, parallel = st.columns(4)
    dtype.selectbox(_("Dtype"), DTYPES, key="dtype", format_func=_or_shipped)
    attention.selectbox(_("Attention"), ATTENTIONS, key="attention", format_func=_or_shipped)
    device_map.selectbox(
        _("Device map"), DEVICE_MAPS, key="device-map", format_func=_or_none, help=_(_MAP)
    )
    parallel.number_input(
        _("Tensor parallel"), 0, 64, USUAL.tensor_parallel, key="tensor-parallel", help=_(_PARALLEL)
    )
    settings, picture = st.columns([2, 1])
    settings.multiselect(
        _("Cache settings of merged"),
        list(Cache),
        key="settings",
        placeholder=_("what tells most"),
        help=_(_SETTINGS),
    )
    picture.text_input(
        _("Picture"), key="image", placeholder=_(f"a file, or: {GENERATED}"), help=_(_IMAGE)
    )
    st.checkbox(_("Wait for long runs without the cache instead of sampling them"), key="full")


def _or_none(choice: str) -> str:
    return choice or _("none")


def _or_shipped(choice: str) -> str:
    return choice or _("as shipped")


def _submit(pair: Pair) -> None:
    form = st.session_state
    plan = Plan(
        merged=str(pair.merged),
        source=None if pair.source is None else str(pair.source),
        prompt=form["prompt"],
        new_tokens=form["new-tokens"],
        rounds=form["rounds"],
        prompt_tokens=form["prompt-tokens"],
        answer_tokens=form["answer-tokens"],
        equality_tokens=form["equality-tokens"],
        device=form["device"],
        threads=form["threads"],
        settings=tuple(form["settings"]),
        full=form["full"],
        image=form["image"],
        dtype=form["dtype"],
        attention=form["attention"],
        device_map=form["device-map"],
        tensor_parallel=form["tensor-parallel"],
    )
    start(plan, fixes=form["try-fixes"])
