"""A run in progress as the page draws it, from events that the test makes up."""

import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.conftest import SLOW, Server
from e2e.test_dashboard import go, start
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens_dashboard.charts.steps import HEIGHT, shown
from slowlens_dashboard.eventlog import Entry

pytestmark = pytest.mark.browser

TRIALS = (
    Trial(Subject.MERGED, Cache.OFF, Purpose.SPEED, 10),
    Trial(Subject.MERGED, Cache.ON, Purpose.SPEED, 10),
    Trial(Subject.MERGED, Cache.OFF, Purpose.SPEED, 10, round=1),
    Trial(Subject.MERGED, Cache.ON, Purpose.SPEED, 10, round=1),
    Trial(Subject.MERGED, Cache.ON, Purpose.LENGTH, 200),
    Trial(Subject.SOURCE, Cache.ON, Purpose.LENGTH, 200),
    Trial(Subject.MERGED, Cache.OFF, Purpose.EQUALITY, 10),
)
PLANNED: Entry = {"event": "Planned", "trials": shown(TRIALS)}


class Told:
    """What the server tells of a run; the test adds to it."""

    def __init__(self, page: Page) -> None:
        self.events: list[Entry] = []
        page.route(re.compile(r"/api/runs/.*/events"), self._answer)

    def tell(self, *events: Entry) -> None:
        self.events += events

    def ran(self, trial: int, seconds: Sequence[float], *, over: bool = True) -> None:
        """Tell of a trial whose steps took these seconds."""
        steps = {"first": 0, "seconds": list(seconds), "tokens_in": [1] * len(seconds)}
        self.tell(
            {"event": "TrialStarted", "trial": trial},
            {"event": "Stepped", "trial": trial, "steps": steps, "text": "a"},
            *([{"event": "TrialFinished", "trial": trial}] if over else []),
        )

    def _answer(self, route: Route) -> None:
        known = int(re.findall(r"from=(\d+)", route.request.url)[0])
        fresh = self.events[known:]
        route.fulfill(json={"events": fresh, "next": known + len(fresh), "status": "running"})


@pytest.fixture
def told(page: Page, address: str) -> Told:
    """A run that is watched, of which nothing is told yet."""
    told = Told(page)
    page.goto(address)
    go(page, "Live run")
    start(page)
    return told


@pytest.fixture
def left(page: Page) -> Locator:
    return page.locator(".slowlens-live .left")


def test_answers_are_told_apart_as_a_bound_until_one_has_ended(told: Told, left: Locator) -> None:
    told.tell(PLANNED)
    told.ran(0, [4.0] * 10)
    expect(left).to_be_empty()
    told.ran(1, [1.0] * 10)
    # 10 x 4 s and 10 x 1 s, and 10 tokens compared at 4 + 1 s; two answers of at most 200 s
    expect(left).to_have_text(
        "about 2 min left, and at most 7 min for answers; loading and warming up apart",
        timeout=SLOW,
    )
    told.ran(2, [4.0] * 10)
    told.ran(3, [1.0] * 10)
    told.ran(4, [1.0] * 10, over=False)
    expect(left).to_have_text(re.compile("^about 50 s left, and at most 7 min for answers;"))
    told.ran(4, [1.0] * 10)
    expect(left).to_have_text(re.compile("^about 1 min left; loading"))
    told.ran(5, [1.0] * 20, over=False)
    expect(left).to_have_text(re.compile("^about 50 s left, and at most 3 min for answers;"))
    told.ran(5, [1.0] * 150, over=False)
    expect(left).to_have_text(re.compile("^about 50 s left, and at most 30 s for answers;"))


def test_where_only_answers_are_left_the_whole_is_a_bound(told: Told, left: Locator) -> None:
    told.tell({"event": "Planned", "trials": shown(TRIALS[:2] + TRIALS[4:5])})
    told.ran(0, [4.0] * 10)
    told.ran(1, [1.0] * 10)
    expect(left).to_have_text("at most 3 min left; loading and warming up apart", timeout=SLOW)
    told.ran(2, [1.0] * 12)
    expect(left).to_be_empty()


def test_the_place_of_the_chart_is_marked_from_the_start_and_keeps_its_size(
    told: Told, page: Page
) -> None:
    chart, soon = page.locator(".slowlens-live .chart"), page.locator(".slowlens-live .soon")
    expect(soon).to_have_text(re.compile("drawn here once the first trial is timed"), timeout=SLOW)
    expect(soon).to_be_visible()
    before = chart.bounding_box()
    assert before
    assert before["height"] == HEIGHT
    told.tell({"event": "Planned", "trials": []})
    told.tell(PLANNED)
    told.ran(0, [0.1] * 10)
    expect(soon).to_be_hidden()
    expect(page.locator(".slowlens-live .scatterlayer .trace").first).to_be_attached()
    after = chart.bounding_box()
    assert after
    assert (after["height"], after["width"]) == (before["height"], before["width"])


def test_wrong_fields_stay_in_sight_where_a_start_is_refused(
    page: Page, address: str, server: Server
) -> None:
    page.goto(address)
    go(page, "Live run")
    page.get_by_text("Loading, cache settings, picture").click()
    picture = page.get_by_role("textbox", name="Picture")
    picture.fill("nowhere.png")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("Picture: there is no file")
    expect(picture).to_be_visible()
    expect(picture).to_have_value("nowhere.png")
    assert not server.workers
