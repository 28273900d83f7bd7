"""The header of one safetensors file: what tensors it announces. No weight is ever read."""

from collections.abc import Collection, Iterator
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import FileProblem, Tensor
from slowlens.frozen import dataclass
from slowlens.gather.jsonfile import parse, problem
from slowlens.gather.rawfile import DOWNLOAD_AGAIN, foreign, quoted, readable, regular_file, size_of
from slowlens.gather.textfile import decode
from slowlens.jsonvalue import Json

MAX_HEADER = 100_000_000
"""Bytes; the format's own limit."""
_LENGTH = 8
_MAX_NUMBER = 2**63
_MAX_DIMENSIONS = 64
_SAVE_AGAIN = "Save the checkpoint again with save_pretrained, or download it again."
_BITS = {
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "C64": 64,
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64"), 64),
}


_Placed: TypeAlias = tuple[int, Tensor]


@dataclass(frozen=True, slots=True)
class Header:
    """The tensors of one file that make sense, and what does not."""

    tensors: tuple[Tensor, ...] = ()
    problems: tuple[FileProblem, ...] = ()


def read_header(path: Path, name: str) -> Header:
    """Read the header of ``path``, called ``name`` in the checkpoint; never raises."""
    try:
        entries, data_size = _read(path)
    except SlowlensError as error:
        return Header(problems=(problem(name, error),))
    faults = [*_metadata_faults(entries.pop("__metadata__", None))]
    placed: list[_Placed] = []
    while entries:  # emptied on the way: with 90,000 tensors the garbage collector is half the time
        key, entry = entries.popitem()
        if tensor := _tensor(key, entry, name):
            placed.append(tensor)
        else:
            faults.append(f"has a wrong entry for {quoted(key)}: {_fault(entry)}")
    placed.sort(key=lambda item: (item[0], item[1].size))
    faults = faults or [*_layout_faults(placed, data_size)]
    return Header(tuple(tensor for _, tensor in placed), tuple(_summary(name, faults)))


def data_spans(path: Path, names: Collection[str]) -> dict[str, tuple[int, int]]:
    """Return between which bytes of the file some tensors lie; SlowlensError when unreadable."""
    entries, data_size = _read(path)
    start = path.stat().st_size - data_size
    found = ((name, _tensor(name, entries.get(name), "")) for name in names)
    return {
        name: (start + placed[0], start + placed[0] + placed[1].size)
        for name, placed in found
        if placed
    }


def _read(path: Path) -> tuple[dict[str, Json], int]:
    """Return the header's entries and how many bytes follow it."""
    with regular_file(path) as file:
        size = size_of(file)
        start = file.read(200)
        if wrong := foreign(start):
            raise wrong
        length = int.from_bytes(start[:_LENGTH], "little")
        _require_length(length, size)
        file.seek(_LENGTH)
        data = file.read(length)
    entries = _parse(data)
    if not isinstance(entries, dict):
        raise SlowlensError("has a header that is not a JSON object", hint=_SAVE_AGAIN)
    return entries, size - _LENGTH - length


def _parse(data: bytes) -> Json:
    if not data.startswith(b"{"):
        return None
    try:
        return parse(decode(data))
    except SlowlensError as error:
        raise SlowlensError(f"has a damaged header: it {error}", hint=_SAVE_AGAIN) from error


def _require_length(length: int, size: int) -> None:
    if size < _LENGTH:
        message = f"is {readable(size)} long, too short for a safetensors file"
        raise SlowlensError(message, hint=DOWNLOAD_AGAIN)
    if length > MAX_HEADER:
        message = f"announces a header of {readable(length)}: it is damaged, or not safetensors"
        raise SlowlensError(message, hint=_SAVE_AGAIN)
    if length > size - _LENGTH:
        missing = length + _LENGTH - size
        message = f"is cut off inside its header: at least {missing} bytes are missing"
        raise SlowlensError(message, hint=DOWNLOAD_AGAIN)


def _tensor(name: str, entry: Any, file: str) -> _Placed | None:  # noqa: ANN401 narrowing costs a second
    """Return where a tensor begins, and the tensor; None when its entry is wrong."""
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        size = end - begin
        for number in (begin, size, *shape):
            if type(number) is not int or not 0 <= number <= _MAX_NUMBER:
                return None
        if len(shape) > _MAX_DIMENSIONS or _BITS[dtype] * prod(shape) != 8 * size:
            return None
    except (TypeError, KeyError, ValueError):
        return None
    return begin, Tensor(name, dtype, tuple(shape), size, file)


def _fault(entry: Json) -> str:
    """Say why ``_tensor`` refused an entry."""
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)]}:
            if dtype not in _BITS:
                return f"the dtype {quoted(dtype)} is unknown"
            if not 0 <= begin <= end <= _MAX_NUMBER:
                return "its offsets are negative, reversed or absurdly large"
            if len(shape) <= _MAX_DIMENSIONS and all(type(n) is int and n >= 0 for n in shape):
                return f"{readable(end - begin)} are not what its shape and dtype {dtype} come to"
            return "its shape is not a short list of counts"
    return "it lacks a proper dtype, shape or data_offsets"


def _metadata_faults(metadata: Json) -> Iterator[str]:
    if metadata is None:
        return
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        yield "has __metadata__ that is not an object of texts"


def _layout_faults(placed: list[_Placed], data_size: int) -> Iterator[str]:
    """Find the first place where the tensors do not fill the data from end to end."""
    position = 0
    for begin, tensor in placed:
        if begin < position:
            yield f"has {quoted(tensor.name)} overlapping the tensor before it"
            return
        if begin > position:
            yield f"has {readable(begin - position)} of no tensor before {quoted(tensor.name)}"
            return
        position += tensor.size
    missing = position - data_size
    if missing > 0:
        yield f"is cut off: {missing} bytes of {readable(position)} are missing at the end"
    if missing < 0:
        yield f"has {-missing} bytes at the end that belong to no tensor"


def _summary(file: str, faults: list[str]) -> Iterator[FileProblem]:
    if faults:
        more = f", and {len(faults) - 1} more such faults" if len(faults) > 1 else ""
        yield FileProblem(file, faults[0] + more, _SAVE_AGAIN)
