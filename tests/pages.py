"""The dashboard's pages as a person reads and presses them, and runs that they may show."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from streamlit.testing.v1 import AppTest

from builders import CONFIG
from literals import equality, generation, measurement
from slowlens.checking import check, measured
from slowlens.facts.live.device import DeviceSample, Peaks
from slowlens.facts.live.measurement import Failure, Measurement, WarmUp
from slowlens.facts.live.plan import Overlay
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.run import Run
from slowlens.store import default_store

SLOW_CONFIG = {**CONFIG, "use_cache": False}
SLOW_GENERATION = {"_from_model_config": True, "eos_token_id": 2, "use_cache": False}

Open = Callable[..., AppTest]
"""Opens a page by its name, with the given query or else with the slow pair."""


def said(at: AppTest) -> str:
    """Everything that a person could read on the page."""
    headings, alerts = ("title", "header", "subheader"), ("error", "warning", "info", "success")
    kinds = (*headings, "markdown", "caption", *alerts)
    texts = [e.value for kind in kinds for e in at.get(kind)]
    titles = [getattr(e.proto, "title", "") for kind in alerts for e in at.get(kind)]
    tables = [table.value.to_string() for table in at.get("table")]
    links = [e.proto.label for e in at.get("page_link")]
    code = [block.value for block in at.get("code")]
    return "\n".join(map(str, [*texts, *titles, *tables, *links, *code]))


def query(at: AppTest, key: str) -> str:
    """One part of the address."""
    value = at.query_params[key]
    return value if isinstance(value, str) else value[0]


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def store(pair: tuple[Path, Path], given: Measurement, **changes: str) -> Run:
    """Keep a measured run of the pair as it is now."""
    merged, source = pair
    plan = replace(given.plan, merged=str(merged), source=str(source))
    run = measured(check(merged, source), replace(given, plan=plan))
    run = replace(run, **changes)
    default_store().save(run)
    return run


def slow_and_fast(slow: float = 0.4) -> Measurement:
    return measurement(
        generation(slow, slow, slow, purpose=Purpose.PROOF, cached=slow < 0.2),
        *[generation(slow, slow, slow, cached=slow < 0.2)] * 3,
        *[generation(0.1, 0.1, 0.1, cache=Cache.ON)] * 3,
    )


def explained(slow: float = 0.4) -> Measurement:
    """A run with everything that may be in one; as shipped a token takes ``slow`` seconds."""
    name = "merged + gen-use-cache-false"
    fixed, source = (
        [generation(0.1, 0.1, 0.1, subject=subject)] * 3 for subject in (name, Subject.SOURCE)
    )
    found = slow_and_fast(slow)
    trial = Trial(Subject.MERGED, Cache.STATIC, Purpose.SPEED, 4)
    titles = ("Turn the key-value cache on",)
    double = Overlay(name, "/gone", ("gen-use-cache-false",), titles)
    return replace(
        found,
        generations=(*found.generations, *fixed, *source),
        plan=replace(found.plan, overlays=(double,)),
        models=(replace(found.models[0], weights_read=4 * 10**8),),
        peaks=Peaks(1e10, 2e12, "bfloat16"),
        equalities=(equality(),),
        failures=(Failure(trial, "the GPU is full", "Take fewer tokens."),) * 2,
        warm_ups=(WarmUp(Subject.MERGED, Cache.ON, 2.5, 3, steady=True, last=0.4),),
        samples=(DeviceSample(1.0, load=1.0), DeviceSample(2.0, load=2.0)),
    )
