from dataclasses import replace

import pytest

from slowlens.brief import Brief, Factor, Kind, Place, Timed
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.verdict import Outcome
from slowlens.labels import Label
from slowlens_dashboard.runs.history import (
    PER_PAGE,
    HistoryQuery,
    Show,
    checkpoints,
    grouped,
    matching,
    pages,
    wanted,
    with_deleted,
)
from slowlens_dashboard.runs.history_words import compared, figures, kind, when
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.runs.naming import pair

FASTER = Factor("source as shipped", Outcome.FAIL, Outcome.PASS, 1.43, 1.38, 1.49)
TIMED = Timed(Status.DONE, 5, 96, 270, estimated=False, factors=(FASTER,), device="H100",
              processes=0, made_up=False)  # fmt: skip


def row(number: int, path: str = "/a/merged", source: str = "/a/source", **changes: object) -> Row:
    sides = {"merged": Place(path, path.rpartition("/")[2], path)}
    if source:
        sides["source"] = Place(source, source.rpartition("/")[2], source)
    created = f"2026-01-{number:02d}T03:04:05+00:00"
    brief = Brief(f"2026-{number:02d}", Kind.MEASURED, "Nothing is slow.", created, timed=TIMED)
    return Row(replace(brief, **{**sides, **changes}))  # type: ignore[arg-type]


ROWS = (
    Row(row(5).brief, Label("After the Fix", "quiet machine"), ("main",)),
    row(4, "/b/merged"),
    row(3, kind=Kind.IMPORTED, merged=Place("org/model", "model", "org/model"), source=None),
    row(2, source=""),
    row(1, kind=Kind.CHECKED, timed=None),
)


def ids(rows: tuple[Row, ...]) -> list[str]:
    return [each.brief.id[-1] for each in rows]


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (HistoryQuery(), "54321"),
        (HistoryQuery("after FIX"), "5"),
        (HistoryQuery("QUIET"), "5"),
        (HistoryQuery("main"), "5"),
        (HistoryQuery("/b/"), "4"),
        (HistoryQuery("h100 merged"), "542"),
        (HistoryQuery("nothing like it"), ""),
        (HistoryQuery(checkpoint="/a/merged"), "521"),
        (HistoryQuery(checkpoint="org/model"), "3"),
        (HistoryQuery(checkpoint="/gone"), ""),
        (HistoryQuery(show=(Show.BASELINE,)), "5"),
        (HistoryQuery(show=(Show.IMPORTED, Show.CHECKED)), "31"),
        (HistoryQuery(show=(Show.MEASURED,), checkpoint="/a/merged"), "52"),
    ],
)
def test_rows_that_are_wanted(ask: HistoryQuery, expected: str) -> None:
    assert "".join(ids(matching(ROWS, ask))) == expected


def test_the_address_says_what_is_wanted_and_is_read_back() -> None:
    ask = HistoryQuery("a b", "/x & y", (Show.MEASURED, Show.BASELINE), 3)
    assert ask.query == {
        "find": "a b",
        "checkpoint": "/x & y",
        "show": "measured,baseline",
        "part": "3",
    }
    assert wanted(ask.query) == ask
    assert HistoryQuery().query == {}
    assert wanted({}) == HistoryQuery()


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e3", "²", "9" * 5000, ""])
def test_nonsense_in_the_address_is_left_out(page: str) -> None:
    assert wanted({"part": page, "show": "all,baseline,<b>"}) == HistoryQuery(show=(Show.BASELINE,))


def test_runs_stand_below_their_pair_the_pair_of_the_newest_first() -> None:
    groups = grouped(ROWS, 1)
    assert [pair(group.first) for group in groups] == [
        "merged ← source",
        "merged ← source",
        "model",
        "merged",
    ]
    assert [ids(group.rows) for group in groups] == [["5", "1"], ["4"], ["3"], ["2"]]


def test_a_pair_goes_on_on_the_next_page_and_no_run_is_lost() -> None:
    rows = tuple(row(number, f"/m/{number % 2}") for number in range(2 * PER_PAGE + 1, 0, -1))
    assert pages(rows) == 3
    shown = [grouped(rows, page) for page in (1, 2, 3)]
    assert [sum(len(group.rows) for group in page) for page in shown] == [PER_PAGE, PER_PAGE, 1]
    found = [each.brief.id for page in shown for group in page for each in group.rows]
    assert sorted(found) == sorted(each.brief.id for each in rows)
    assert grouped(rows, 99) == shown[2], "of pages that are not there the last one"
    assert grouped((), 1) == ()
    assert pages(()) == 1


def test_checkpoints_of_one_name_are_told_apart() -> None:
    assert checkpoints(ROWS) == {
        "/a/merged": "merged (/a)",
        "/b/merged": "merged (/b)",
        "org/model": "model",
    }


def test_what_was_deleted_just_now_stands_where_it_stood() -> None:
    trash = (row(6), row(3), row(0))
    assert ids(with_deleted((row(4), row(2)), trash, ("2026-03",))) == ["4", "3", "2"]


def test_figures_carry_their_units() -> None:
    brief = replace(row(1).brief, tpot=0.048)
    assert [*figures(brief)] == [
        "48 ms per token",
        "5 rounds of 96 tokens",
        "prompt of 270 tokens",
        "H100",
    ]
    timed = replace(TIMED, rounds=1, estimated=True, device="", processes=2, made_up=True)
    assert [*figures(replace(brief, timed=timed))] == [
        "48 ms per token",
        "estimated from a few steps",
        "1 round of 96 tokens",
        "prompt of 270 tokens",
        "2 processes",
        "random weights",
    ]
    unlike = replace(brief, comparable=False, timed=None)
    assert [*figures(unlike)] == ["48 ms TPOT by its own definition"]
    assert [*figures(row(1, timed=None).brief)] == []


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (FASTER, "1.43 times as long per token as source as shipped (1.38 to 1.49)"),
        (
            replace(FASTER, low=None, high=None),
            "1.43 times as long per token as source as shipped, no verdict",
        ),
        (
            replace(FASTER, outcome=Outcome.PASS, back=Outcome.FAIL, ratio=0.5, low=0.4, high=0.8),
            "2.00 times faster per token than source as shipped (1.25 to 2.50)",
        ),
        (
            replace(FASTER, outcome=Outcome.PASS, ratio=1.02, low=0.99, high=1.04),
            "within 10 % of the time per token of source as shipped",
        ),
    ],
)
def test_how_it_compares(factor: Factor, said: str) -> None:
    assert compared(factor) == said


def test_what_it_is_in_a_word() -> None:
    assert kind(row(1).brief) == ""
    stopped = replace(TIMED, status=Status.STOPPED)
    assert kind(row(1, timed=stopped).brief) == "stopped"
    damaged = Brief("2026-1", Kind.DAMAGED, "cannot be read: no JSON")
    assert (kind(damaged), when(damaged), pair(damaged)) == ("damaged", "2026-1", "")
    assert when(row(1).brief) == "2026-01-01 03:04 UTC"
