from collections.abc import Sequence

import pytest

from literals import generation, measurement
from slowlens.facts.live.conditions import (
    Stretch,
    braked,
    crowded,
    known,
    shared,
    slowed,
    stretches,
    trouble,
    typical,
    untold,
    within,
)
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Purpose
from slowlens.frozen import replace


def ran(begun: float, seconds: float, **kind: object) -> Generation:
    return replace(generation(seconds, **kind), started=begun)  # type: ignore[arg-type]


def with_looks(looks: Sequence[DeviceSample], *generations: Generation) -> Measurement:
    return replace(measurement(*generations), samples=tuple(looks))


def look(at: float = 0.0, **figures: object) -> DeviceSample:
    return DeviceSample(at, **figures)  # type: ignore[arg-type]


def test_looks_within_a_generation() -> None:
    looks = [look(at) for at in (0.9, 1.0, 2.0, 3.0, 3.1)]
    assert [s.at for s in within(ran(1.0, 2.0), looks)] == [1.0, 2.0, 3.0]
    assert within(generation(2.0), looks) == (), "nobody knows when it ran"


def test_one_gpu_that_is_braked_holds_up_all() -> None:
    hot = {"throttle": ("hw_thermal_slowdown",)}
    looks = [
        look(at, device=gpu, **hot if gpu == "h" else {"throttle": ("sw_power_cap",)})
        for at in (1.0, 2.0, 3.0)
        for gpu in "abcdefgh"
    ]
    run = ran(0, 4)
    assert braked(with_looks(looks, run), run)
    assert not braked(with_looks([x for x in looks if x.device != "h"], run), run)
    assert not braked(with_looks([look(1.0), look(2.0)], run), run)
    assert not braked(with_looks(looks, run), ran(9, 4)), "it ran at another time"


def test_looks_by_kind_and_device() -> None:
    looks = [look(at, device=gpu) for at in (1.0, 2.0, 3.0, 4.0) for gpu in "ab"]
    found = stretches(with_looks(looks, ran(1, 0), ran(2, 0, cache=Cache.ON), ran(3, 0), ran(9, 1)))
    assert [(s.label, s.device, [x.at for x in s.looks]) for s in found] == [
        ("merged as shipped", "a", [1.0, 3.0]),
        ("merged as shipped", "b", [1.0, 3.0]),
        ("merged, cache on", "a", [2.0]),
        ("merged, cache on", "b", [2.0]),
    ]


@pytest.mark.parametrize("purpose", Purpose)
def test_only_what_is_timed_counts(purpose: Purpose) -> None:
    timed = purpose in {Purpose.SPEED, Purpose.CURVE, Purpose.LENGTH}
    assert bool(stretches(with_looks([look(1.0)], ran(0, 2, purpose=purpose)))) is timed


def test_no_looks() -> None:
    assert stretches(with_looks([], ran(0, 2))) == ()


@pytest.mark.parametrize(
    ("figures", "held"),
    [
        ({}, None),
        ({"throttle": ()}, False),
        ({"throttle": (), "sm_clock": 300, "sm_clock_max": 1980}, False),
        ({"throttle": ("sw_thermal_slowdown",)}, True),
        ({"throttle": ("hw_slowdown",), "sm_clock": 1980, "sm_clock_max": 1980}, True),
        ({"throttle": ("hw_thermal_slowdown",)}, True),
        ({"throttle": ("hw_power_brake_slowdown", "sw_power_cap")}, True),
        ({"throttle": ("sw_power_cap",)}, None),
        ({"throttle": ("sw_power_cap",), "sm_clock": 1000}, None),
        ({"throttle": ("sw_power_cap",), "sm_clock_max": 1980}, None),
        ({"throttle": ("sw_power_cap",), "sm_clock": 1700, "sm_clock_max": 2000}, False),
        ({"throttle": ("sw_power_cap",), "sm_clock": 1699, "sm_clock_max": 2000}, True),
        ({"throttle": ("sync_boost",), "sm_clock": 900, "sm_clock_max": 2000}, True),
    ],
)
def test_held_clocks(figures: dict[str, object], held: bool | None) -> None:
    assert slowed(look(**figures)) is held


@pytest.mark.parametrize(
    ("figures", "others"),
    [
        ({}, None),
        ({"other_processes": 0}, False),
        ({"other_processes": 1}, True),
        ({"other_memory": 90}, None),
        ({"other_memory": 21, "memory_total": 100}, True),
        ({"other_memory": 20, "memory_total": 100}, False),
        ({"other_processes": 0, "other_memory": 90, "memory_total": 100}, True),
    ],
)
def test_others_on_the_gpu(figures: dict[str, object], others: bool | None) -> None:
    assert shared(look(**figures)) is others


@pytest.mark.parametrize(
    ("figures", "busy"),
    [
        ({}, None),
        ({"load": 9.0}, None),
        ({"cores": 2}, None),
        ({"load": 2.5, "cores": 2}, False),
        ({"load": 2.6, "cores": 2}, True),
        ({"load": 60.0, "cores": 128}, False),
        ({"load": 0.0, "cores": 2}, False),
    ],
)
def test_more_work_than_processors(figures: dict[str, object], busy: bool | None) -> None:
    assert crowded(look(**figures)) is busy


def stretch(label: str, *temperatures: int) -> Stretch:
    looks = tuple(look(at, temperature=t) for at, t in enumerate(temperatures))
    return Stretch(label, "a", looks)


def hot(sample: DeviceSample) -> bool | None:
    return None if sample.temperature is None else sample.temperature > 80


@pytest.mark.parametrize(
    ("temperatures", "bad"),
    [
        ([90, 90], True),
        ([90], False),
        ([90, 10, 10], False),
        ([90, 90] + [10] * 7, True),
        ([90, 90] + [10] * 8, False),
    ],
)
def test_trouble_is_more_than_a_fifth_and_more_than_one_look(
    temperatures: list[int], bad: bool
) -> None:
    assert (trouble([stretch("x", *temperatures)], hot) is not None) is bad


def test_trouble_knows_whose_figures_are_in_doubt() -> None:
    found = trouble(
        [
            stretch("x", 90, 90),
            stretch("y", 10, 10),
            stretch("z", 90, 99, 10, 10),
            stretch("x", 95, 99),
        ],
        hot,
    )
    assert found is not None
    assert (found.labels, found.kinds, found.named) == (
        ("x", "z"),
        ("x", "y", "z"),
        "x and z",
    )
    assert [s.temperature for s in found.looks] == [90, 90, 90, 99, 95, 99]
    assert (len(found.all), found.share) == (8, 0.75)


def test_one_trial_is_named_and_all_are_not() -> None:
    both = trouble([stretch("x", 90, 90), stretch("y", 90, 90)], hot)
    alone = trouble([stretch("x", 90, 90)], hot)
    assert both is not None
    assert alone is not None
    assert (both.named, alone.named) == ("all timed trials", "x")
    hotter = [stretch(name, 90, 90) for name in "abc"]
    most = trouble([*hotter, stretch("d", 10, 10)], hot)
    assert most is not None
    assert most.named == "all timed trials but d"
    many = trouble([*hotter, *(stretch(name, 10, 10) for name in "defg")], hot)
    assert many is not None
    assert many.named == "3 of 7 kinds of timed trial"


def test_untold() -> None:
    dark = Stretch("d", "a", (look(), look()))
    half = Stretch("h", "a", (look(), look(temperature=9)))
    assert untold([half, dark], hot)
    assert not untold([half, stretch("x", 90)], hot)


def test_known_values_and_their_middle() -> None:
    looks = [look(temperature=t) for t in (9, 0, 4)]
    assert known([*looks, look()], "temperature") == [9, 0, 4]
    assert typical([9, 0, 4]) == 4
