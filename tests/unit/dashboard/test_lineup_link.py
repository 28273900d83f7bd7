from slowlens.facts.live.trial import Cache, Subject
from slowlens.lineup import MOST, SHIPPED
from slowlens_dashboard.runs.lineup_link import LineupQuery, kind_named, label, timed_by, wanted

ON = (Subject.MERGED, Cache.ON)


def test_the_address_is_read_in_its_order() -> None:
    assert wanted(["b", "a"], "merged, cache on", "1") == LineupQuery(
        ("b", "a"), "merged, cache on", True
    )
    assert wanted([], "", "") == LineupQuery(())


def test_each_run_is_asked_for_once() -> None:
    assert wanted(["b", " a", "b", "", "a"], "", "no").runs == ("b", "a")
    assert len(wanted(map(str, range(99)), "", "").runs) == MOST


def test_a_kind_is_found_by_its_name() -> None:
    assert label(ON) == "merged, cache on"
    assert kind_named("merged, cache on", [SHIPPED, ON]) == ON
    assert kind_named("merged, cache on", [SHIPPED]) is None
    assert kind_named("", [SHIPPED]) is None


def test_a_kind_names_the_runs_that_timed_it_unless_all_did() -> None:
    kinds = {SHIPPED: (0, 2), ON: (2,)}
    assert timed_by(SHIPPED, kinds, "ABC", 2) == "merged as shipped"
    assert timed_by(ON, kinds, "ABC", 2) == "merged, cache on (C)"
