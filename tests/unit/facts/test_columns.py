from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slowlens.facts.live.columns import DIGITS, from_columns, to_columns
from slowlens.facts.live.timing import Step

seconds = st.floats(0, 1e4).map(lambda value: round(value, DIGITS))
measured = st.none() | seconds
count = st.integers(0, 2**40)


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    first = draw(count)
    rows = st.tuples(seconds, count, st.integers(-1, 2**20), count, measured, measured)
    return tuple(Step(first + n, *row) for n, row in enumerate(draw(st.lists(rows, max_size=8))))


@given(steps())
def test_steps_survive_as_columns(found: tuple[Step, ...]) -> None:
    assert from_columns(to_columns(found)) == found


@given(steps())
def test_the_objects_of_schema_1_are_read(found: tuple[Step, ...]) -> None:
    assert from_columns([asdict(step) for step in found]) == found


def test_what_no_step_has_is_no_column() -> None:
    plain = (Step(3, 0.5, 7, 1), Step(4, 0.25, 1, 2))
    assert to_columns(plain) == {
        "first": 3,
        "seconds": [0.5, 0.25],
        "tokens_in": [7, 1],
        "token": [1, 2],
    }
    some = (plain[0], replace(plain[1], gpu=0.125))
    assert to_columns(some)["gpu"] == [None, 0.125]


def test_a_time_that_was_measured_as_zero_is_not_the_same_as_none() -> None:
    found = (Step(0, 0.5, 7, 1, dispatch=0.0, gpu=0.0),)
    assert from_columns(to_columns(found)) == found


def test_numbers_end_at_the_nanosecond() -> None:
    assert to_columns((Step(0, 1 / 3, 7, 1),))["seconds"] == [0.333333333]


def test_columns_of_unlike_length_are_no_steps() -> None:
    columns = to_columns((Step(0, 0.5, 7, 1), Step(1, 0.5, 1, 2)))
    with pytest.raises(ValueError, match="shorter"):
        from_columns(columns | {"token": [1]})
