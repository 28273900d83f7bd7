"""Live run before its end: the form, and a run in progress."""

from pathlib import Path

import pytest

from pages import Open, press, query, said
from sessions import EVENTS, Session
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens_dashboard.measuring import jobs as jobs_module


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
    assert "Thick line: merged as shipped" in said(at)
    drawn = [str(each.key) for each in at.get("bidi_component")]
    assert [key for key in drawn if key.startswith("live-")] == [f"live-{job.id}"]
    press(at, "Stop")
    job.join()
    assert job.status is Status.STOPPED


@pytest.mark.parametrize(
    ("tokens", "full", "told"), [(128, False, True), (127, False, False), (128, True, False)]
)
def test_dots_are_explained_where_a_run_may_be_sampled(
    open_page: Open, session: Session, tokens: int, full: bool, told: bool
) -> None:
    at = open_page("live")
    at.number_input(key="new-tokens").set_value(tokens)
    at.checkbox(key="full").set_value(full)
    assert ("; dots: " in said(press(at, "Start"))) is told


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


def test_a_model_is_spread_over_gpus_in_one_way(open_page: Open, session: Session) -> None:
    at = open_page("live")
    at.number_input(key="tensor-parallel").set_value(2)
    at.selectbox(key="device-map").set_value("auto")
    at = press(at, "Start")
    assert "Tensor parallel and Device map exclude each other." in said(at)
    assert "the first divides every layer" in said(at)
    assert jobs_module.jobs().active is None
    assert at.expander[0].proto.expanded, "the wrong fields stay in sight"
    at.selectbox(key="device-map").set_value("")
    press(at, "Start")
    job = jobs_module.jobs().active
    assert job is not None
    assert job.plan.tensor_parallel == 2


def test_a_checkpoint_is_not_timed_against_itself(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    at = press(open_page("live", merged=str(pair[0]), source=str(pair[0])), "Start")
    assert "there is nothing to compare" in said(at)
    assert jobs_module.jobs().active is None


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
        ("nowhere.png", "there is no file"),
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
    assert at.error[0].proto.title.startswith("Picture: "), "it names the field"
    assert at.text_input(key="image").value == picture
    assert at.expander[0].proto.expanded
    assert jobs_module.jobs().active is None


def test_fields_that_nobody_filled_in_stay_folded_where_another_is_wrong(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    at = open_page("live", merged=str(pair[0]), source=str(pair[0]))
    assert not press(at, "Start").expander[0].proto.expanded


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
