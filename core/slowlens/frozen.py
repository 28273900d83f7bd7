"""Frozen slotted dataclasses, made in a sixth of the time that the standard library takes.

A check makes a hundred of these classes, and a gate should start fast: the standard decorator
compiles six methods of each, this one only ``__init__``, and does without `inspect` and `ast`.
To type checkers it is the standard one (frozen.pyi); `dataclasses.fields` and whatever else asks
for the fields of a class finds those that the standard one would have made.
"""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple, NoReturn

_REQUIRED = object()


def dataclass(*, frozen: Literal[True], slots: Literal[True]) -> Callable[[type], type]:
    """Return a decorator, called as the standard one; it knows no ClassVar and no post-init."""
    assert frozen
    assert slots
    return _made


class field(NamedTuple):  # noqa: N801 - as the standard one
    """A default that is made anew for each instance."""

    default_factory: Callable[[], Any]


def replace(record: Any, /, **changes: Any) -> Any:  # noqa: ANN401 - as the standard one
    """Return a copy with other values."""
    return type(record)(**{n: getattr(record, n) for n in record.__match_args__} | changes)


class _Standard:
    """What the standard module knows of a class, made when somebody asks."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:  # noqa: ANN401 - fields or parameters
        return getattr(_twin(owner), self.name)


class _Frozen:
    """The methods that need not be compiled for each class."""

    __slots__ = ()
    __dataclass_fields__ = _Standard()
    __dataclass_params__ = _Standard()

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__qualname__}({', '.join(values)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__values__(self) == self.__values__(other)

    def __hash__(self) -> int:
        return hash(self.__values__(self))

    def __setattr__(self, name: str, *value: object) -> NoReturn:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")

    __delattr__ = __setattr__

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.__values__(self)


def _made(cls: Any) -> Any:  # noqa: ANN401 - a class
    own, known = cls.__annotations__, getattr(cls, "__defaults__", {})
    body = {n: v for n, v in vars(cls).items() if n not in ("__dict__", "__weakref__")}
    assert "__post_init__" not in body
    fields = known | {name: body.pop(name, _REQUIRED) for name in own}
    body |= {
        "__qualname__": cls.__qualname__,
        "__slots__": tuple(name for name in own if name not in known),
        "__match_args__": tuple(fields),
        "__defaults__": fields,
        "__values__": staticmethod(_reader(*fields)),
    }
    made: Any = type(cls.__name__, cls.__bases__ if known else (_Frozen,), body)
    made.__init__ = _init(made, fields)
    return made


def _reader(*names: str) -> Callable[[object], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _init(cls: type, fields: dict[str, Any]) -> Callable[..., None]:
    """Compile what sets the fields by their slots, past the method that refuses to."""
    space = {f"__set_{name}": getattr(cls, name).__set__ for name in fields}
    parameters, body = "self", "pass"
    for name, default in fields.items():
        value, space[f"__default_{name}"] = name, default
        if isinstance(default, field):
            value = f"__default_{name}.default_factory() if {name} is __default_{name} else {name}"
        parameters += f", {name}" if default is _REQUIRED else f", {name}=__default_{name}"
        body += f"; __set_{name}(self, {value})"
    exec(f"def __init__({parameters}): {body}", space)  # noqa: S102 - names of fields, no input
    space["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return space["__init__"]


@cache
def _twin(cls: Any) -> Any:  # noqa: ANN401 - classes
    """Return what the standard module makes of the same fields."""
    import dataclasses
    from inspect import get_annotations

    def standard(name: str, default: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any default
        if isinstance(default, field):
            default = dataclasses.field(default_factory=default.default_factory)
        return (name, kinds[name], default)[: 2 if default is _REQUIRED else 3]

    kinds = {n: kind for part in reversed(cls.__mro__) for n, kind in get_annotations(part).items()}
    fields = [standard(*item) for item in cls.__defaults__.items()]
    return dataclasses.make_dataclass(cls.__name__, fields, frozen=True, slots=True)
