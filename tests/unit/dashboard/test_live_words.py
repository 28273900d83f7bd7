"""What the script of the live chart says comes from Python, where it can be translated."""

import re
from pathlib import Path

from slowlens.facts.live.plan import Overlay, Plan
from slowlens.facts.live.trial import Cache, Purpose, Trial
from slowlens_dashboard.charts.steps import shown
from slowlens_dashboard.widgets import live_chart as module
from slowlens_dashboard.widgets.live_chart import WORDS, names

SCRIPT = (Path(str(module.__file__)).parent / "live_chart.js").read_text()
TEXTS = re.findall(r"\"([^\"\n]*)\"|`([^`]*)`", re.sub(r"//.*", "", SCRIPT))


def test_each_text_has_a_use_and_each_use_its_text() -> None:
    asked = {name for call in re.findall(r"this\.word\(([^{}]*?)(?:, [{\w]|\))", SCRIPT)
             for name in re.findall(r"\"([\w-]+)\"", call)}  # fmt: skip
    used = {name for name in WORDS if re.search(rf"[\"`]{name}[\"`]", SCRIPT)}
    composed = {"tokens", "runs", "threads", "cache-yes", "cache-no", "cache-unknown"}
    assert asked - {"length", "static", "load"} <= {*WORDS}
    assert used | composed == {*WORDS}


def test_the_script_itself_says_nothing() -> None:
    texts = {re.sub(r"\$\{[^}]*\}", "", "".join(found)) for found in TEXTS}
    said = {text for text in texts if re.search(r"[a-z]{2,} [a-z]{2,}", text)}
    of_the_engine = {
        "the newest token",
        "all tokens again",
        "not counted",
        "as shipped",
        " as shipped",
    }
    styles = {text for text in said if text.startswith("tile ") or "<" in text or "rgba" in text}
    assert said - of_the_engine - styles == set()


def test_what_a_run_calls_something_is_known_beforehand() -> None:
    plan = Plan("/m", overlays=(Overlay("merged + fix", "/gone", ("fix",), ("Fix",)),))
    subjects = ("merged", "source", "merged + fix")
    trials = [
        Trial(subject, cache, purpose, 4)
        for subject in subjects
        for cache in Cache
        for purpose in (Purpose.SPEED, Purpose.CURVE, Purpose.EQUALITY)
    ]
    known = {*names(plan)}
    for trial in shown(trials):
        look = trial["times"]
        assert isinstance(look, dict)
        assert {trial["label"], trial["subject"], trial["stage"], look["name"]} <= known
        assert look["hovertemplate"] in known
