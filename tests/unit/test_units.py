import pytest

from slowlens.jsonvalue import ABSENT
from slowlens.reports import units


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1234, "1.23 kB"), (269_060_552, "269 MB"),
     (15_231_233_024, "15.2 GB"), (5 * 10**15, "5000 TB")],
)  # fmt: skip
def test_size(number: int, text: str) -> None:
    assert units.size(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(12, "12"), (134_515_008, "135M"), (7_615_616_512, "7.62B"), (1_500, "1.5K")],
)
def test_count(number: int, text: str) -> None:
    assert units.count(number) == text


def test_value() -> None:
    assert units.value(ABSENT) == "(absent)"
    assert units.value([2, "é", None, True]) == '[2, "é", null, true]'


def test_plain() -> None:
    assert units.plain("a\x1b[31mb\x9bc\u202e\n→") == "a\\x1b[31mb\\x9bc\\u202e\n→"


def test_milliseconds() -> None:
    assert [units.milliseconds(s) for s in (0.0123, 0.1, 1.5)] == ["12.3 ms", "100 ms", "1,500 ms"]


def test_counted() -> None:
    assert [units.counted(n, "rule") for n in (0, 1, 2)] == ["0 rules", "1 rule", "2 rules"]


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("2026-11-23T10:42:48+00:00", "2026-11-23 10:42 UTC"),
        ("2026-11-23T10:42:48Z", "2026-11-23 10:42 UTC"),
        ("2026-11-23T01:42:48.250000+02:00", "2026-11-22 23:42 UTC"),
        ("2026-11-20T10:15:00", "2026-11-20 10:15"),
        ("2026-11-20", "2026-11-20"),
        ("last week", "last week"),
    ],
)
def test_a_moment_is_in_utc_only_where_its_zone_is_told(told: str, written: str) -> None:
    assert units.moment(told) == written
