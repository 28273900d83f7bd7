"""A checkpoint, and its source if there is one, to what their numbers say."""

from collections.abc import Callable, Iterator, Mapping

from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import Checkpoint, FileProblem, Tensor
from slowlens.facts.weights.head import ends_of
from slowlens.facts.weights.renames import renames
from slowlens.facts.weights.scan import BadTensor, NewRows, Scan
from slowlens.gather.jsonfile import problem
from slowlens.gather.scan import Progress
from slowlens.gather.scan.pieces import Place, places, shares
from slowlens.gather.scan.reading import Seen, read_all
from slowlens.gather.scan.rows import new_rows


def scan(merged: Checkpoint, source: Checkpoint | None, progress: Progress) -> Scan:
    """Read every weight; see ``slowlens.gather.scan.scan_weights``."""
    tensors = merged.weights.tensors
    pairs = {} if source is None else counterparts(source.weights.tensors, tensors)
    here = places(merged.root, tensors)
    there = {} if source is None else places(source.root, pairs.values())
    comparable = {
        tensor.name: there[other.name]
        for tensor in tensors
        if (other := pairs.get(tensor.name)) and _alike(tensor, other) and other.name in there
    }
    head = _head(merged, here)
    total = sum(tensor.size for tensor in (*tensors, *(tensor for tensor, _ in head)))
    found, unread = _read(tensors, here, comparable, lambda done: progress(done, total))
    against, unread_head = _read(
        [tensor for tensor, _ in head],
        here,
        {tensor.name: place for tensor, place in head},
        lambda done: progress(total - head[0][0].size + done, total),
    )
    rows, unread_rows = _new_rows(tensors, pairs, here)
    return Scan(
        tensors=len(found),
        size=sum(tensor.size for tensor in tensors if tensor.name in found),
        bad=tuple(_bad(found)),
        compared=sum(seen.equal is not None for seen in found.values()),
        identical=sum(seen.equal is True for seen in found.values()),
        head_is_embedding=next((seen.equal for seen in against.values()), None),
        new_rows=rows,
        unread=tuple(dict.fromkeys((*unread, *unread_head, *unread_rows))),
    )


def counterparts(source: tuple[Tensor, ...], merged: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Return the source's tensor for the name of each merged one, where it has one."""
    ours = {tensor.name: tensor for tensor in source}
    names = {tensor.name for tensor in merged}
    pairs = {name: tensor for name, tensor in ours.items() if name in names}
    lost = [name for name in ours if name not in names]
    moved = renames(lost, [name for name in names if name not in ours])
    return pairs | {other: ours[name] for name, other in moved}


def _alike(left: Tensor, right: Tensor) -> bool:
    return (left.dtype, left.shape) == (right.dtype, right.shape)


def _head(merged: Checkpoint, here: Mapping[str, Place]) -> list[tuple[Tensor, Place]]:
    """Return the head and the place of the embedding, where their bytes tell something."""
    ends = ends_of(merged.weights)
    head, embedding = ends.head, ends.embedding
    if head is None or embedding is None or not ends.comparable:
        return []
    return [(head, here[embedding.name])] if {head.name, embedding.name} <= here.keys() else []


def _read(
    tensors: tuple[Tensor, ...] | list[Tensor],
    here: Mapping[str, Place],
    there: Mapping[str, Place],
    progress: Callable[[int], None],
) -> tuple[dict[str, Seen], list[FileProblem]]:
    """Put what the pieces showed together by tensor."""
    found: dict[str, Seen] = {}
    unread: list[FileProblem] = []
    done = 0
    for read in read_all(shares(tensors, here, there)):
        for seen in read.seen:
            before = found.get(seen.tensor.name)
            found[seen.tensor.name] = before.joined(seen) if before else seen
        unread += read.unread
        done += read.size
        progress(done)
    return found, unread


def _bad(found: Mapping[str, Seen]) -> Iterator[BadTensor]:
    for seen in found.values():
        zero = seen.zero and bool(seen.tensor.size) and not (seen.equal or seen.other_zero)
        if seen.nan or seen.infinite or zero:
            yield BadTensor(seen.tensor, seen.nan, seen.infinite, zero)


def _new_rows(
    tensors: tuple[Tensor, ...], pairs: Mapping[str, Tensor], here: Mapping[str, Place]
) -> tuple[tuple[NewRows, ...], list[FileProblem]]:
    rows: list[NewRows] = []
    unread: list[FileProblem] = []
    for tensor, other in ((tensor, pairs.get(tensor.name)) for tensor in tensors):
        if other is None or tensor.name not in here or not _enlarged(other, tensor):
            continue
        try:
            rows.append(new_rows(tensor, here[tensor.name], other.shape[0]))
        except SlowlensError as error:
            unread.append(problem(tensor.file, error))
    return tuple(rows), unread


def _enlarged(source: Tensor, merged: Tensor) -> bool:
    if not (len(source.shape) == len(merged.shape) == 2 and source.shape[1] == merged.shape[1]):
        return False
    rows = merged.shape[0]
    whole_bytes = merged.size > 0 and merged.size % rows == 0
    return 0 < source.shape[0] < rows and whole_bytes
