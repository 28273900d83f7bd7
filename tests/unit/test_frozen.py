"""Nothing but its speed tells the decorator from the standard one."""

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest
from cattrs.preconf.json import make_converter
from hypothesis import given
from hypothesis import strategies as st

from slowlens import frozen
from slowlens.facts.environment import Device, Hardware

MODULES: tuple[Any, Any] = (dataclasses, frozen)
NAMES = st.lists(st.from_regex(r"[a-z]{1,3}_[0-9]", fullmatch=True), unique=True, max_size=5)
VALUES = st.none() | st.integers(0, 2) | st.text(max_size=1)
"""Without NaN, which equals itself in a class of Python 3.12, and not in one of 3.13."""


@st.composite
def twins(draw: st.DrawFn) -> tuple[Any, Any]:
    """The same class by both decorators; some have a base, whose last field may come again."""
    names = draw(NAMES)
    given = names[draw(st.integers(0, len(names))) :]
    defaults = {name: draw(VALUES | st.just(list)) for name in given}
    cut = draw(st.integers(0, len(names)))
    again = draw(st.integers(0, cut))
    parts = draw(st.sampled_from([[names], [names[:cut], names[again:]]]))
    standard, ours = (derived(module, parts, defaults) for module in MODULES)
    return standard, ours


def derived(module: Any, parts: list[list[str]], defaults: dict[str, Any]) -> Any:
    """Classes of these fields, each with the one before as its base; the last of them."""
    bases: tuple[type, ...] = ()
    for part in parts:
        own = {name: defaults[name] for name in part if name in defaults}
        body = {n: module.field(default_factory=d) if d is list else d for n, d in own.items()}
        kinds = {"__annotations__": dict.fromkeys(part, int | None), "__doc__": ""}
        made = type("Kind", bases, body | kinds)
        bases = (module.dataclass(frozen=True, slots=True)(made),)
    return bases[0]


def required(kind: Any) -> list[str]:
    none = dataclasses.MISSING
    fields = dataclasses.fields(kind)
    return [field.name for field in fields if field.default is field.default_factory is none]


@given(twins())
def test_the_class(both: tuple[Any, Any]) -> None:
    standard, ours = both
    assert ours.__match_args__ == standard.__match_args__
    assert ours.__slots__ == standard.__slots__
    assert repr(ours.__dataclass_params__) == repr(standard.__dataclass_params__)
    fields = [[str(field) for field in dataclasses.fields(kind)] for kind in both]
    assert fields[0] == fields[1]
    signatures = [inspect.signature(kind).parameters.values() for kind in both]
    told = [[(p.name, p.kind, p.default is p.empty) for p in found] for found in signatures]
    assert told[0] == told[1]


@given(twins(), st.data())
def test_its_instances(both: tuple[Any, Any], data: st.DataObject) -> None:
    needed = required(both[0])
    optional = [name for name in both[0].__match_args__ if name not in needed]
    names = needed + [name for name in optional if data.draw(st.booleans())]
    first, second = ({name: data.draw(VALUES) for name in names} for _ in range(2))
    for one in (first, second):
        standard, ours = (kind(**one) for kind in both)
        assert repr(ours) == repr(standard)
        assert repr(dataclasses.asdict(ours)) == repr(dataclasses.asdict(standard))
        assert ours != standard
    same = [kind(**first) == kind(**second) for kind in both]
    assert same[0] == same[1]
    for replace in (dataclasses.replace, frozen.replace):
        assert replace(both[1](**first), **second) == both[1](**second)
    for missing in needed:
        with pytest.raises(TypeError, match=missing):
            both[1](**{name: value for name, value in first.items() if name != missing})


def of(module: Any) -> Any:
    @module.dataclass(frozen=True, slots=True)
    class Point:
        """It has methods of its own."""

        x: int
        y: tuple[int, ...] = ()

        @property
        def sum(self) -> int:
            return self.x + sum(self.y)

        def __str__(self) -> str:
            return "a point"

    return Point


@pytest.mark.parametrize("module", MODULES, ids=["standard", "ours"])
def test_each_does_the_same(module: Any) -> None:
    point = of(module)(1, (2, 3))
    assert (point.sum, str(point)) == (6, "a point")
    assert repr(point) == f"{of.__name__}.<locals>.Point(x=1, y=(2, 3))"
    assert {point: 1}[type(point)(1, y=(2, 3))] == 1
    assert point != (1, (2, 3))
    assert (type(point).__module__, type(point).__doc__) == (__name__, "It has methods of its own.")
    for name in ("x", "z"):
        with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
            setattr(point, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError, match="delete field 'x'"):
        del point.x
    assert not hasattr(point, "__dict__")
    assert copy.copy(point) == copy.deepcopy(point) == point
    with pytest.raises(TypeError):
        hash(type(point)([]))


def test_a_module_of_it_is_pickled_matched_and_structured() -> None:
    hardware = Hardware((Device("cuda", "H100", memory=80),), {"a": 1})
    assert pickle.loads(pickle.dumps(hardware)) == hardware  # noqa: S301 - made a line above
    converter = make_converter()
    assert converter.loads(converter.dumps(hardware), Hardware) == hardware
    match hardware.devices[0]:
        case Device("cuda", name):
            assert name == "H100"
        case _:
            pytest.fail("no match")
    assert Hardware(()).used is not Hardware(()).used


def test_what_it_cannot_do_it_refuses() -> None:
    decorators: Any = frozen
    with pytest.raises(TypeError):
        decorators.dataclass(frozen=True)
    with pytest.raises(AssertionError):
        decorators.dataclass(frozen=False, slots=True)
    with pytest.raises(AssertionError):
        decorators.dataclass(frozen=True, slots=True)(type("Kind", (), {"__post_init__": None}))
    with pytest.raises(SyntaxError):
        derived(frozen, [["a", "b"]], {"a": 1})
