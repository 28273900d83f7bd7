"""Every page in each of its states, as Streamlit runs it, on small checkpoints."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from builders import CONFIG, GENERATION_CONFIG, checkpoint, write_json
from literals import equality, generation, measurement
from samples import NAMES, results
from slowlens.checking import check, measured
from slowlens.facts.environment import Environment
from slowlens.facts.live.device import DeviceSample, Peaks
from slowlens.facts.live.measurement import Failure, Measurement, Status, WarmUp
from slowlens.facts.live.plan import Overlay, Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.facts.runtimes import Runtime
from slowlens.importing import imported_run
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.places import demo_folder
from slowlens.run import Run
from slowlens.store import default_store
from slowlens_dashboard import jobs as jobs_module
from slowlens_dashboard.repairs import offers
from slowlens_dashboard.server import MAIN
from slowlens_dashboard.widgets.plan_form import again, with_fixes
from unit.dashboard.test_job import EVENTS, Session

SLOW_CONFIG = {**CONFIG, "use_cache": False}
SLOW_GENERATION = {"_from_model_config": True, "eos_token_id": 2, "use_cache": False}

Open = Callable[..., AppTest]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    merged = checkpoint(tmp_path / "merged", SLOW_CONFIG, SLOW_GENERATION)
    return merged, checkpoint(tmp_path / "source")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The measuring process, played by the test."""
    session = Session()
    monkeypatch.setattr(jobs_module, "measure", session)
    jobs_module.jobs.cache_clear()
    yield session
    jobs_module.jobs().close()
    jobs_module.jobs.cache_clear()


@pytest.fixture
def open_page(
    pair: tuple[Path, Path], session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Open:
    monkeypatch.setenv("SLOWLENS_ROOTS", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def open_page(page: str = "checkpoint", **query: str) -> AppTest:
        at = AppTest.from_file(MAIN, default_timeout=30)
        given = query or {"merged": str(pair[0]), "source": str(pair[1])}
        for key, value in given.items():
            at.query_params[key] = value
        return at.switch_page(f"views/{page}.py").run()

    return open_page


def said(at: AppTest) -> str:
    """Everything that a person could read on the page."""
    kinds = ("header", "subheader", "markdown", "caption", "error", "warning", "info", "success")
    texts = [e.value for kind in kinds for e in at.get(kind)]
    titles = [getattr(e.proto, "title", "") for kind in kinds[4:] for e in at.get(kind)]
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


# -- Checkpoint ------------------------------------------------------------------------------


def choose(at: AppTest, *runtimes: Runtime) -> AppTest:
    """Choose what the findings are judged for."""
    return at.pills(key="judged-pills").set_value([*runtimes]).run()


def test_what_concerns_other_runtimes_is_folded_apart_and_not_counted(
    open_page: Open,
) -> None:
    at = open_page()
    at = choose(at, Runtime.LLAMA_CPP)
    assert not at.exception
    assert "without its key-value cache" not in at.header[0].value
    folded = next(e for e in at.expander if e.label.startswith("For other runtimes"))
    texts = [text.value for text in folded.markdown]
    assert any(text.startswith("**Under transformers 4 generate") for text in texts)
    assert any("without its key-value cache" in text for text in texts)
    assert query(at, "runtime") == "llama.cpp"


def test_a_link_says_what_is_judged_and_the_other_pages_keep_it(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page(merged=str(pair[0]), runtime="vllm,sglang,nonsense")
    assert at.pills(key="judged-pills").value == [Runtime.VLLM, Runtime.SGLANG]
    assert "judged for vLLM, SGLang" in said(at.switch_page("views/fixes.py").run())
    at = choose(at.switch_page("views/checkpoint.py").run())
    assert "runtime" not in at.query_params, "nothing chosen stands for the usual ones"
    assert Runtime.FORWARD in at.pills(key="judged-pills").value


def test_a_silenced_finding_is_folded_apart_with_its_reason(
    open_page: Open, tmp_path: Path
) -> None:
    silence = '[[silence]]\nrule = "gen-use-cache-false"\nreason = "only for training"\n'
    (tmp_path / "slowlens.toml").write_text(silence)
    at = open_page()
    folded = next(e for e in at.expander if e.label.startswith("Silenced"))
    assert any("only for training" in caption.value for caption in folded.caption)
    assert "without its key-value cache" not in at.header[0].value
    assert "Turn the key-value cache on" not in said(open_page("fixes"))
    press(open_page("live"), "Start")
    assert [job.run.silences[0].rule for job in jobs_module.jobs()._all()] == [
        "gen-use-cache-false"
    ]


def test_a_broken_slowlens_toml_is_explained(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "slowlens.toml").write_text("[[silence]]\nrule = 1\n")
    at = open_page()
    assert "slowlens.toml" in said(at)
    assert "could not be drawn" not in said(at)


def test_the_page_of_a_rule_opens_from_its_finding(open_page: Open) -> None:
    at = press(open_page(), "About this rule")
    assert not at.exception
    assert "### Why it is slow" in said(at)


def test_who_wrote_it_and_what_it_takes_in_memory(open_page: Open, pair: tuple[Path, Path]) -> None:
    (pair[0] / "mergekit_config.yml").write_text("x: 1\n")
    text = said(open_page())
    assert "Written by: probably mergekit" in text
    assert "In GPU memory" in text


def opened(at: AppTest, tab: str) -> AppTest:
    """Open a tab of the first page."""
    at.session_state["details"] = tab
    return at.run()


def test_rules_are_grouped_by_what_came_of_them(open_page: Open) -> None:
    at = opened(open_page(), "Rules")
    assert not at.exception
    texts = [text.value for text in at.markdown]
    assert sum("not checked: needs a live run" in text for text in texts) == 1
    assert any("passed**" in text for text in texts)
    at = at.selectbox(key="rule-to-read").set_value("eos-lost-or-wrong").run()
    assert "### What it does" in said(at)


def test_every_weight_is_read_when_that_is_asked_for(open_page: Open) -> None:
    at = opened(open_page(), "Rules")
    assert "needs the weights themselves" in said(at)
    at = press(at, "Read every weight now")
    assert not at.exception
    assert "needs the weights themselves" not in said(at)


def test_settings_are_told_by_runtime_where_runtimes_differ(open_page: Open) -> None:
    at = opened(open_page(), "Effective settings")
    differing, alike = (table.value for table in at.get("table"))
    assert "transformers 4 generate" in differing
    assert "**`use_cache`**" in set(differing["Setting"])
    assert "**`eos_token_id`**" in set(alike["Setting"])


def test_the_answer_stands_on_top_and_the_finding_below(open_page: Open) -> None:
    at = open_page()
    assert not at.exception
    assert "without its key-value cache" in at.header[0].value
    text = said(at)
    assert "Generation without the key-value cache" in text
    assert "Fix: Turn the key-value cache on" in text
    assert "not checked" in text
    assert at.query_params["merged"]


def test_without_a_pair_the_page_invites(open_page: Open, tmp_path: Path) -> None:
    at = open_page(nothing="1")
    assert not at.exception
    assert "Why is it slow?" in said(at)
    assert "There are no demo checkpoints yet" in said(at)


def test_the_demo_is_offered_where_it_was_built(open_page: Open) -> None:
    for name in ("source", "merged"):
        checkpoint(demo_folder() / name)
    at = open_page(nothing="1")
    assert "merged" in said(at)
    at = press(at, "Check it")
    assert at.text_input[0].value == str(demo_folder() / "merged")
    assert at.text_input[1].value == str(demo_folder() / "source")
    assert not at.exception


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/etc", "outside the folders that this dashboard may read"),
        ("no-such-folder", "There is no folder"),
        ("org/model", "hf download org/model"),
        ("empty", "checkpoint"),
    ],
)
def test_a_bad_path_is_explained(open_page: Open, tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    at = open_page(nothing="1")
    at.text_input[0].set_value(path)
    at = press(at, "Check")
    assert not at.exception
    assert message in said(at)
    assert at.error[0].value, "an error says what to do"


def test_a_link_to_a_forbidden_folder_shows_nothing_of_it(open_page: Open) -> None:
    at = open_page(merged="/etc")
    assert "outside the folders" in said(at)
    assert not at.header


def test_an_unreadable_file_is_told_and_the_rest_is_checked(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    (pair[0] / "generation_config.json").write_text("{broken")
    at = open_page()
    assert "generation_config.json" in said(at)
    assert at.warning
    assert at.warning[0].value
    assert "key-value cache" in said(at)


def test_settings_of_an_unreadable_config_are_not_made_up(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    (pair[0] / "config.json").write_text("{broken")
    at = opened(open_page(), "Effective settings")
    shown = [caption.value for caption in at.caption]
    assert "Unknown without a config.json that can be read." in shown
    assert not any("that no file touches" in toggle.label for toggle in at.toggle)
    assert not at.exception


def test_a_measured_run_of_these_very_files_counts(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    store(pair, slow_and_fast())
    assert "4.00 times" in said(open_page())
    write_json(pair[0] / "config.json", CONFIG)
    assert "4.00 times" not in said(open_page())


@pytest.mark.parametrize("side", [0, 1])
def test_a_measured_run_of_other_weights_does_not_count(
    open_page: Open, pair: tuple[Path, Path], side: int
) -> None:
    store(pair, slow_and_fast())
    os.utime(pair[side] / "model.safetensors", (1, 1))  # merged again: the size stays
    assert "4.00 times" not in said(open_page())


def test_a_dangling_link_is_explained_by_the_engine(open_page: Open, tmp_path: Path) -> None:
    folder = tmp_path / "dangling"
    folder.mkdir()
    (folder / "config.json").symlink_to(tmp_path / "gone")
    text = said(open_page(merged=str(folder)))
    assert "could not be drawn" not in text
    assert "config.json" in text


# -- Config diff -----------------------------------------------------------------------------


def test_the_diff_is_ranked_and_can_be_searched(open_page: Open) -> None:
    at = open_page("diff")
    assert not at.exception
    assert "`use_cache`" in said(at)
    assert "speed" in said(at)
    at.text_input[0].set_value("eos").run()
    assert "`use_cache`" not in said(at)
    assert "`eos_token_id`" in said(at)
    assert "filtered out" in said(at)


def test_without_a_source_there_is_nothing_to_compare_with(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page("diff", merged=str(pair[0]))
    assert "There is nothing to compare with" in said(at)


@pytest.mark.parametrize("page", ["diff", "live", "fixes"])
def test_pages_without_a_pair_lead_to_the_first_one(open_page: Open, page: str) -> None:
    at = open_page(page, nothing="1")
    assert not at.exception
    assert "Choose a checkpoint" in said(at)


# -- Live run --------------------------------------------------------------------------------


def test_start_measures_what_the_form_says(open_page: Open, session: Session) -> None:
    at = open_page("live")
    at.number_input(key="new-tokens").set_value(8)
    at.number_input(key="threads").set_value(1)
    at = press(at, "Start")
    job = jobs_module.jobs().active
    assert job is not None
    assert (job.plan.new_tokens, job.plan.threads, job.plan.rounds) == (8, 1, 3)
    assert query(at, "run") == job.id
    assert "In progress" in said(at)
    assert len(at.get("bidi_component")) == 1
    press(at, "Stop")
    job.join()
    assert job.status is Status.STOPPED


def test_every_option_of_the_form_reaches_the_plan(
    open_page: Open, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "picture.png").write_bytes(b"")
    at = open_page("live")
    numbers = {"rounds": 5, "prompt-tokens": 100, "answer-tokens": 0, "equality-tokens": 7}
    for key, number in numbers.items():
        at.number_input(key=key).set_value(number)
    words = {"device": "cpu", "dtype": "float32", "attention": "eager", "device-map": "auto"}
    for key, word in words.items():
        at.selectbox(key=key).set_value(word)
    at.multiselect(key="settings").set_value([Cache.ON, Cache.STATIC])
    at.checkbox(key="full").set_value(True)
    at.text_input(key="image").set_value(str(tmp_path / "picture.png"))
    press(at, "Start")
    job = jobs_module.jobs().active
    assert job is not None
    plan = job.plan
    given = (plan.rounds, plan.prompt_tokens, plan.answer_tokens, plan.equality_tokens)
    assert given == (5, 100, 0, 7)
    assert (plan.device, plan.dtype, plan.attention, plan.device_map) == tuple(words.values())
    assert (plan.settings, plan.full) == ((Cache.ON, Cache.STATIC), True)
    assert plan.image == str(tmp_path / "picture.png")
    assert plan.overlays == ()


def test_a_form_that_nobody_touched_is_the_usual_plan(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    press(open_page("live"), "Start")
    job = jobs_module.jobs().active
    assert job is not None
    assert job.plan == Plan(str(pair[0]), str(pair[1]), DEFAULT_PROMPT)


def test_fixes_are_tried_where_that_is_wanted(open_page: Open, session: Session) -> None:
    at = open_page("live")
    at.checkbox(key="try-fixes").set_value(True)
    at.selectbox(key="device").set_value("cpu")
    press(at, "Start")
    session.feed.put(EVENTS[0])
    job = jobs_module.jobs().active
    assert job is not None
    while not job.log:
        assert job.running
    assert "merged + gen-use-cache-false" in [overlay.name for overlay in job.plan.overlays]


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ("/picture.png", "outside the folders that this dashboard may read"),
        ("/etc/passwd", "outside the folders that this dashboard may read"),
        ("link.png", "outside the folders that this dashboard may read"),
        ("nowhere.png", "There is no file"),
    ],
)
def test_a_picture_comes_from_where_one_may_read(
    open_page: Open, tmp_path: Path, picture: str, message: str
) -> None:
    (tmp_path / "link.png").symlink_to("/etc/passwd")
    at = open_page("live")
    at.text_input(key="image").set_value(picture)
    at = press(at, "Start")
    assert message in said(at)
    assert jobs_module.jobs().active is None


def test_another_tab_finds_the_run_in_progress(open_page: Open, session: Session) -> None:
    press(open_page("live"), "Start")
    assert "In progress" in said(open_page("live"))
    second = open_page("live", nothing="1")
    assert "In progress" in said(second)


def test_a_second_start_attaches_to_the_first(open_page: Open, session: Session) -> None:
    one, two = open_page("live"), open_page("live")
    press(one, "Start")
    two = press(two, "Start")
    active = jobs_module.jobs().active
    assert active is not None
    assert query(two, "run") == active.id
    assert "already in progress" in two.toast[0].value


def test_the_end_is_a_sentence_with_figures_and_their_n(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    run = store(pair, slow_and_fast())
    at = open_page("live", run=run.id)
    assert not at.exception
    assert at.header[1].value.startswith("No key-value cache"), "why it is slow"
    factor = "4.00 times as long per token as merged, cache on"
    (verdict,) = [text.value for text in at.markdown if factor in text.value]
    assert verdict.startswith(":red-badge[:material/close: FAIL] merged as shipped: 4.00 times")
    assert said(at).count(factor) == 1, "not twice"
    assert "3 rounds of 3 tokens" in said(at)
    assert "400 ms" in said(at)
    assert len(at.get("plotly_chart")) == 2, "the waterfall and the steps"
    assert query(at, "merged") == str(pair[0]), "the other pages follow the run"


def explained(slow: float = 0.4) -> Measurement:
    """A run with everything that may be in one; as shipped a token takes ``slow`` seconds."""
    name = "merged + gen-use-cache-false"
    fixed, source = (
        [generation(0.1, 0.1, 0.1, subject=subject)] * 3 for subject in (name, Subject.SOURCE)
    )
    found = slow_and_fast(slow)
    trial = Trial(Subject.MERGED, Cache.STATIC, Purpose.SPEED, 4)
    return replace(
        found,
        generations=(*found.generations, *fixed, *source),
        plan=replace(found.plan, overlays=(Overlay(name, "/gone", ("gen-use-cache-false",)),)),
        models=(replace(found.models[0], weights_read=4 * 10**8),),
        peaks=Peaks(1e10, 2e12, "bfloat16"),
        equalities=(equality(),),
        failures=(Failure(trial, "the GPU is full", "Take fewer tokens."),) * 2,
        warm_ups=(WarmUp(Subject.MERGED, Cache.ON, 2.5, 3, steady=True, last=0.4),),
        samples=(DeviceSample(1.0, load=1.0), DeviceSample(2.0, load=2.0)),
    )


def test_a_finished_run_explains_itself(open_page: Open, pair: tuple[Path, Path]) -> None:
    run = store(pair, explained())
    at = open_page("live", run=run.id)
    assert not at.exception
    text = said(at)
    assert "merged as shipped is **recompute-bound**: 400 ms a token" in text
    assert "10 GB/s and 2 TFLOP/s in bfloat16, measured before" in text
    assert "One answer of 4 tokens: merged 1.6 s against 0.4 s of its source" in text
    assert "What each fix gives back" in text
    assert "An answer of merged takes 1.2 s more than one of the source" in text
    assert "the results are the same with the cache" in text
    assert text.count("Could not be run: merged, cache static (speed)") == 1
    assert "Take fewer tokens." in text
    assert "merged, cache on: 3 runs, the first 2.5 s, the last 400 ms" in text
    assert len(at.get("plotly_chart")) == 3, "the waterfall, the steps, the machine"


def test_the_same_work_is_not_judged(open_page: Open, pair: tuple[Path, Path]) -> None:
    run = store(pair, slow_and_fast(0.1))
    text = said(open_page("live", run=run.id))
    assert "SAME WORK" in text
    assert "any difference is noise" in text
    assert not any(verdict in text for verdict in ("PASS]", "FAIL]", "INCONCLUSIVE]"))


def test_too_few_rounds_are_inconclusive(open_page: Open, pair: tuple[Path, Path]) -> None:
    found = slow_and_fast()
    few = replace(found, generations=(*found.generations[:2], *found.generations[4:]))
    assert "INCONCLUSIVE" in said(open_page("live", run=store(pair, few).id))


def test_measuring_again_asks_for_no_double_that_is_gone(pair: tuple[Path, Path]) -> None:
    run = store(pair, explained())
    assert with_fixes(run)
    assert again(run).overlays == ()


def test_measure_again_tries_the_fixes_again_on_new_doubles(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    run = store(pair, explained())
    press(open_page("live", run=run.id), "Measure again")
    session.feed.put(EVENTS[0])
    job = jobs_module.jobs().active
    assert job is not None
    while not job.log:
        assert job.running
    overlays = job.plan.overlays
    assert "merged + gen-use-cache-false" in [overlay.name for overlay in overlays]
    assert all(Path(overlay.path).is_dir() for overlay in overlays)


def test_a_run_of_another_pair_leaves_the_chosen_one_until_its_fixes_are_wanted(
    open_page: Open, session: Session, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    run = store(pair, slow_and_fast())
    other = checkpoint(tmp_path / "other")
    at = open_page("live", run=run.id, merged=str(other))
    assert "merged ← source" in said(at)
    assert query(at, "merged") == str(other)
    at = press(at, "See the fixes")
    assert query(at, "merged") == str(pair[0])
    assert "Turn the key-value cache on" in said(at)


def test_a_failed_run_says_what_to_do(open_page: Open, session: Session) -> None:
    from slowlens.errors import WorkerError

    at = press(open_page("live"), "Start")
    for event in (*EVENTS[:3], WorkerError("it was killed", hint="Take a smaller one.")):
        session.feed.put(event)
    job = jobs_module.jobs()._all()[0]
    job.join()
    at = at.run()
    assert "It was killed." in said(at)
    assert at.error[0].value == "Take a smaller one."


def test_an_unknown_run_is_said_to_be_unknown(open_page: Open, pair: tuple[Path, Path]) -> None:
    at = open_page("live", run="20200101-000000-dead", merged=str(pair[0]))
    assert "There is no run 20200101-000000-dead here" in said(at)


def test_recent_runs_are_listed_and_open(open_page: Open, pair: tuple[Path, Path]) -> None:
    run = store(pair, slow_and_fast())
    at = open_page("live")
    assert "Recent runs" in said(at)
    assert "400 ms per token as shipped" in said(at)
    at = at.button(key=f"open-{run.id}").click().run()
    assert "3 rounds of 3 tokens" in said(at)
    at = press(at, "New run")
    assert "Recent runs" in said(at)


def test_what_changes_nothing_is_folded_away(open_page: Open, pair: tuple[Path, Path]) -> None:
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "transformers_version": "5.0.0"})
    at = open_page("diff")
    assert "transformers_version" not in said(at)
    at = at.toggle[0].set_value(True).run()
    assert "change nothing" in at.toggle[0].label
    assert "transformers_version" in said(at)


# -- Fixes -----------------------------------------------------------------------------------


def test_a_fix_shows_its_diff_and_is_applied_after_a_confirmation(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    merged = pair[0]
    before = {path.name: path.read_bytes() for path in merged.iterdir()}
    at = open_page("fixes")
    assert not at.exception
    assert '-  "use_cache": false' in said(at)
    at = at.button(key="apply-all").click().run()
    assert (merged / "config.json").read_bytes() == before["config.json"], "not yet"
    at = at.button(key="write-fix").click().run()
    assert b'"use_cache": true' in (merged / "config.json").read_bytes()
    assert b"_from_model_config" not in (merged / "generation_config.json").read_bytes()
    assert "Fixed" in at.toast[0].value
    assert "applied" in said(at)
    at = press(at, "Undo")
    assert {path.name: path.read_bytes() for path in merged.iterdir()} == before
    assert "byte for byte" in at.toast[0].value


def test_a_file_that_changed_meanwhile_is_not_overwritten(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    at = open_page("fixes").button(key="apply-all").click().run()
    write_json(pair[0] / "config.json", {**SLOW_CONFIG, "use_cache": None})
    at = at.button(key="write-fix").click().run()
    assert "no longer" in said(at)
    assert b'"use_cache": null' in (pair[0] / "config.json").read_bytes()


def test_two_fixes_of_one_rule_can_each_be_applied(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    write_json(pair[0] / "config.json", {**CONFIG, "max_position_embeddings": 64, "rope_theta": 1})
    write_json(pair[1] / "config.json", {**CONFIG, "max_position_embeddings": 128})
    rules = [offer.findings[0].rule for offer in offers(check(*pair)) if offer.fix.edits]
    assert len(rules) > len(set(rules)), "one rule offers two fixes"
    at = open_page("fixes")
    assert "could not be drawn" not in said(at)
    assert [button.label for button in at.button].count("Apply") == len(rules)


def test_what_is_to_be_done_by_hand_can_be_copied(open_page: Open, pair: tuple[Path, Path]) -> None:
    adapter = {"peft_type": "LORA", "r": 8, "lora_alpha": 8, "base_model_name_or_path": "x"}
    write_json(pair[0] / "adapter_config.json", adapter)
    (pair[0] / "adapter_model.safetensors").write_bytes(b"")
    at = open_page("fixes")
    commands = [block.value for block in at.get("code") if block.language == "bash"]
    assert any(command.startswith(f"cd {pair[0]} && mkdir") for command in commands)


def test_nothing_to_fix(open_page: Open, pair: tuple[Path, Path]) -> None:
    at = open_page("fixes", merged=str(pair[1]))
    assert "Nothing is left to fix" in said(at)


def test_fixes_that_change_the_output_are_asked_for(open_page: Open) -> None:
    at = open_page("fixes")
    assert at.button(key="apply-all").label == "Apply 1 safe fix"
    at = at.toggle(key="unsafe").set_value(True).run()
    assert at.button(key="apply-all").label == "Apply 2 fixes"


def test_before_and_after_once_both_were_measured(open_page: Open, pair: tuple[Path, Path]) -> None:
    store(pair, slow_and_fast(), id="20260101-000000-aaaa")
    assert "Before and after" not in said(open_page("fixes"))
    write_json(pair[0] / "config.json", CONFIG)
    write_json(pair[0] / "generation_config.json", GENERATION_CONFIG)
    store(pair, slow_and_fast(0.1), id="20260102-000000-bbbb")
    at = open_page("fixes")
    assert "4.00 times faster" in said(at)
    assert at.metric[0].value == "100 ms"


def test_other_weights_are_not_what_became_of_a_fix(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    store(pair, slow_and_fast(), id="20260101-000000-aaaa")
    os.utime(pair[0] / "model.safetensors", (1, 1))
    write_json(pair[0] / "config.json", CONFIG)
    store(pair, slow_and_fast(0.1), id="20260102-000000-bbbb")
    assert "Before and after" not in said(open_page("fixes"))


def test_measure_again_starts_the_same_plan(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    run = store(pair, slow_and_fast())
    assert run.measurement
    at = open_page("fixes").button(key="apply-all").click().run()
    at = at.button(key="write-fix").click().run()
    at = press(at, "Measure again")
    job = jobs_module.jobs().active
    assert job is not None
    assert job.plan == replace(run.measurement.plan, merged=str(pair[0]), source=str(pair[1]))
    assert "In progress" in said(at)


# -- every page ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["checkpoint", "diff", "live", "fixes"])
def test_a_bug_is_explained_instead_of_a_traceback(
    open_page: Open, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("slowlens_dashboard.pair.current", bug)
    at = open_page(page)
    assert not at.exception
    assert "This page could not be drawn" in said(at)
    assert "ZeroDivisionError" in at.error[0].value


# -- Imported runs ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_imported_run_has_its_figures_and_no_checkpoint(open_page: Open, name: str) -> None:
    result = results(name)[0]
    run = imported_run(result, Environment("3.12", "Linux", {}))
    default_store().save(run)
    at = open_page("live", run=run.id)
    assert not at.exception
    assert f"Imported from {result.tool}, no checkpoint was read." in said(at)
    table = at.get("table")[0].value
    assert len(table) == len(result.figures)
    assert "-" not in table.to_numpy(), "a list in Markdown"


@pytest.mark.parametrize("page", ["checkpoint", "live", "fixes", "diff"])
def test_pages_beside_imported_runs(open_page: Open, page: str) -> None:
    for name in ("vllm-serve.json", "sglang-one-batch.jsonl"):
        default_store().save(imported_run(results(name)[0], Environment("3.12", "Linux", {})))
    at = open_page(page)
    assert not at.exception
    if page == "live":
        labels = [button.label for button in at.button]
        assert any("merged-7b" in label for label in labels)
        assert any("unnamed model" in label for label in labels)
        assert "Imported from vLLM" in said(at)
