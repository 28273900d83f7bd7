import pytest

from slowlens.facts.live.device import DeviceSample
from slowlens.frozen import replace
from slowlens.reports.device import gpus, host, troubles, words

GPU = DeviceSample(
    at=1.0,
    memory_used=16 * 10**9,
    memory_total=80 * 10**9,
    utilization=97,
    sm_clock=1755,
    sm_clock_max=1980,
    power=345.6,
    power_limit=700.0,
    temperature=61,
    throttle=(),
    other_processes=0,
    device="a",
)


def test_every_figure() -> None:
    assert words(GPU) == (
        "16 GB of 80 GB in use",
        "97 % busy",
        "1755 of 1980 MHz",
        "346 of 700 W",
        "61 °C",
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"memory_total": None}, "16 GB in use"),
        ({"sm_clock_max": None}, "1755 MHz"),
        ({"power_limit": None}, "346 W"),
        ({"utilization": 0}, "0 % busy"),
        ({"power": 0.0}, "0 of 700 W"),
        ({"other_processes": 1}, "1 other program"),
        ({"other_processes": 2}, "2 other programs"),
        ({"throttle": ("hw_slowdown",)}, "throttled (hw_slowdown)"),
        ({"throttle": ("sw_power_cap",), "sm_clock": 900}, "throttled (sw_power_cap)"),
    ],
)
def test_words(changes: dict[str, object], word: str) -> None:
    assert word in words(replace(GPU, **changes))


def test_a_power_cap_at_a_high_clock_is_no_throttle() -> None:
    assert words(replace(GPU, throttle=("sw_power_cap",))) == words(GPU)


@pytest.mark.parametrize(
    "figure", ["memory_used", "utilization", "sm_clock", "power", "temperature"]
)
def test_what_is_not_known_is_left_out_and_no_zero(figure: str) -> None:
    found = words(replace(GPU, **{figure: None}))
    assert len(found) == 4
    assert not any(word.startswith("0") for word in found)


def test_nothing_known() -> None:
    assert words(DeviceSample(at=1.0, device="a")) == ()
    assert gpus((DeviceSample(at=1.0, device="a"),)) == ()


def test_the_last_look_at_a_gpu_is_shown() -> None:
    assert gpus((GPU, replace(GPU, temperature=70))) == words(replace(GPU, temperature=70))


def test_of_several_the_busiest_is_shown() -> None:
    busy = replace(GPU, device="b", utilization=99)
    unknown = replace(GPU, device="c", utilization=None)
    assert gpus((GPU, busy, unknown)) == ("busiest of 3", *words(busy))


def test_one_look_or_few_of_many_are_no_trouble() -> None:
    slow = replace(GPU, throttle=("hw_slowdown",))
    assert troubles((slow, slow)) == ("throttled (hw_slowdown)",)
    assert troubles((slow,)) == ()
    assert troubles((slow, slow, *[GPU] * 8)) == ()
    assert troubles((slow, replace(slow, device="b"))) == (), "each GPU by itself"
    assert troubles((replace(slow, device=""),) * 9) == ()


def test_each_trouble_has_its_words() -> None:
    held = replace(GPU, other_processes=0, other_memory=40 * 10**9)
    assert troubles((held, held)) == ("others hold memory of it",)
    assert troubles((replace(GPU, other_processes=1), replace(GPU, other_processes=2))) == (
        "2 other programs",
    )
    full = replace(GPU, memory_used=77 * 10**9)
    assert troubles((full, full)) == ("less than 5 % of its memory is free",)
    for unknown in ("memory_used", "memory_total"):
        assert troubles((replace(full, **{unknown: None}),) * 2) == ()  # type: ignore[arg-type]


def test_a_machine_without_a_gpu() -> None:
    assert gpus((DeviceSample(1.0, load=2.0),)) == ()
    assert gpus(()) == ()


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (DeviceSample(1.0), ()),
        (DeviceSample(1.0, load=0.0), ("load 0.0",)),
        (DeviceSample(1.0, load=3.25, cores=2), ("load 3.2 on 2 cores",)),
        (DeviceSample(1.0, cores=2, process_memory=10**9), ("1 GB taken by the run",)),
    ],
)
def test_the_machine_around_it(look: DeviceSample, said: tuple[str, ...]) -> None:
    assert host(look) == said
