"""A run in progress as the page draws it, from events that the test makes up."""

import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.acting import go, start
from e2e.conftest import SLOW, Server
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens_dashboard.charts.steps import HEIGHT, shown
from slowlens_dashboard.measuring.eventlog import Entry

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
PLANNED_TO_COMPARE: Entry = {"event": "Planned", "trials": shown(TRIALS[:2] + TRIALS[-1:])}


def comparing(done: int, at: float) -> Entry:
    """Tell that so many of the steps of a comparison over 10 tokens are done."""
    return {"event": "Comparing", "subject": "merged", "done": done, "total": 22, "at": at}


class Told:
    """What the server tells of a run; the test adds to it."""

    def __init__(self, page: Page) -> None:
        self.events: list[Entry] = []
        self.lost = False
        self.asked = 0
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
        self.asked += 1
        if self.lost:
            route.abort()
            return
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
    # 10 x 4 s and 10 x 1 s; compared: 10 tokens at 1 s and 10 at 4 s, the prompt once more, and all
    # at once twice; two answers of at most 200 s
    expect(left).to_have_text(
        "about 2 min left, and at most 7 min for answers; loading and warming up apart",
        timeout=SLOW,
    )
    told.ran(2, [4.0] * 10)
    told.ran(3, [1.0] * 10)
    told.ran(4, [1.0] * 10, over=False)
    expect(left).to_have_text(re.compile("^about 1 min left, and at most 7 min for answers;"))
    told.ran(4, [1.0] * 10)
    expect(left).to_have_text(re.compile("^about 1 min left; loading"))
    told.ran(5, [1.0] * 20, over=False)
    expect(left).to_have_text(re.compile("^about 1 min left, and at most 3 min for answers;"))
    told.ran(5, [1.0] * 150, over=False)
    expect(left).to_have_text(re.compile("^about 1 min left, and at most 30 s for answers;"))


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


def test_a_library_that_did_not_come_is_asked_for_again(page: Page, address: str) -> None:
    library = re.compile(r"/api/plotly-.*\.js")
    page.route(library, lambda route: route.abort())
    told = Told(page)
    page.goto(address)
    go(page, "Live run")
    start(page)
    expect(page.get_by_text("The server does not answer")).to_be_visible(timeout=SLOW)
    page.unroute(library)
    told.tell(PLANNED)
    told.ran(0, [0.1] * 10)
    expect(page.locator(".slowlens-live .scatterlayer .trace").first).to_be_attached(timeout=SLOW)


def whole(page: Page) -> Locator:
    return page.locator(".slowlens-live .whole")


def share(bar: Locator) -> int:
    return int(bar.get_attribute("aria-valuenow") or -1)


def test_a_comparison_tells_its_own_pace(told: Told, page: Page, left: Locator) -> None:
    told.tell(PLANNED_TO_COMPARE)
    told.ran(0, [4.0] * 10)
    told.ran(1, [1.0] * 10)
    # the prompt at 4 s, 9 tokens at 1 s, 10 at 4 s, and twice 4 s
    expect(left).to_have_text(re.compile("^about 1 min left; loading"), timeout=SLOW)
    told.tell(comparing(1, 0.0), comparing(11, 26.0))  # 13 s of work took 26: all of it takes 122
    expect(left).to_have_text(re.compile("^about 2 min left; loading"))
    told.tell(comparing(22, 106.0))
    expect(left).to_have_text(re.compile("^about 15 s left; loading"))
    before = share(whole(page))
    told.tell({"event": "Compared", "equality": {"subject": "merged"}})
    expect(whole(page)).to_have_attribute("aria-valuenow", "100")
    assert 80 < before < 100
    expect(left).to_be_empty()


def test_what_is_done_stays_done_where_more_turns_out_to_come(told: Told, page: Page) -> None:
    told.tell({"event": "Planned", "trials": shown(TRIALS[:2])})
    told.ran(0, [1.0] * 10)
    expect(whole(page)).to_have_attribute("aria-valuenow", "50", timeout=SLOW)
    told.tell({"event": "Planned", "trials": shown(TRIALS[:4])})
    told.ran(1, [9.0], over=False)
    expect(page.locator(".slowlens-live .what")).to_contain_text("token 1 of 10")
    assert share(whole(page)) == 50


def test_loading_has_a_bar_of_its_own_in_bytes(told: Told, page: Page) -> None:
    what, bar = page.locator(".slowlens-live .what"), page.locator(".slowlens-live .load")
    model = {"subject": "merged", "size": 8 * 10**9}
    told.tell({"event": "Loading", "path": "/m", "at": 3.0, **model})
    expect(what).to_have_text("Loading merged (8.0 GB)…", timeout=SLOW)
    expect(bar).to_have_attribute("aria-valuenow", "0")
    told.tell({"event": "LoadProgress", "done": 2 * 10**9, "at": 13.0, **model})
    expect(what).to_have_text("Loading merged: 2.0 GB of 8.0 GB, about 30 s left…")
    expect(bar).to_have_attribute("aria-valuenow", "25")
    told.tell({"event": "LoadProgress", "done": 10**9, "at": 14.0, **model})
    told.tell({"event": "WarmingUp", "subject": "merged", "cache": "on"})
    expect(what).to_contain_text("Warming up")
    expect(bar).to_be_hidden()


def test_what_was_missed_is_asked_for_as_soon_as_somebody_looks_again(
    told: Told, page: Page
) -> None:
    what = page.locator(".slowlens-live .what")
    expect(what).to_contain_text("Starting", timeout=SLOW)
    told.lost = True
    expect(what).to_contain_text("does not answer")
    told.lost = False
    told.tell(PLANNED)
    told.ran(0, [1.0] * 4, over=False)
    asked = told.asked
    page.evaluate("""() => {
        window.setTimeout = () => 0;
        window.dispatchEvent(new Event("online"));
    }""")
    expect(what).to_contain_text("token 4 of 10")
    assert told.asked == asked + 1, "at once, and not when the clock says so"


def test_a_tab_in_the_background_asks_less_often(told: Told, page: Page) -> None:
    expect(page.locator(".slowlens-live .what")).to_contain_text("Starting", timeout=SLOW)
    page.evaluate("""() => {
        const real = window.setTimeout;
        window.waits = [];
        Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
        window.setTimeout = (then, wait) => { window.waits.push(wait); return real(then, wait); };
    }""")
    page.wait_for_function("() => window.waits.filter(wait => wait === 2000).length > 1")
    waits = page.evaluate("window.waits")
    assert min(waits[waits.index(2000) :]) == 2000


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
