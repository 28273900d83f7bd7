"""What is already here: in the cache of huggingface_hub, or fetched before."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from slowlens.facts.checkpoint import CONFIG
from slowlens.gather.hub.ids import HubId, is_commit
from slowlens.gather.hub.transport import library
from slowlens.gather.jsonfile import read_json
from slowlens.gather.weights import INDEX, SINGLE
from slowlens.jsonvalue import Json
from slowlens.places import hub_folder

_SHORTEST = 7
_TOKENIZER = ("tokenizer.json", "vocab.json", "chat_template.jinja")
_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")


def is_offline() -> bool:
    """Whether ``HF_HUB_OFFLINE`` forbids to ask."""
    return bool(library().constants.HF_HUB_OFFLINE)


def fetched(wanted: HubId, commit: str) -> Path:
    """Return the folder for what is fetched of ``commit``."""
    return hub_folder() / wanted.folder / commit


def snapshot(wanted: HubId, commit: str) -> Path:
    """Return the folder that huggingface_hub downloads ``commit`` into."""
    return _downloads(wanted) / "snapshots" / commit


def whole_snapshot(wanted: HubId, commit: str, names: Collection[str]) -> Path | None:
    """Return the download where it lacks nothing that is read of the files ``names``."""
    from slowlens.gather.checkpoint import CONFIG_FILES

    folder = snapshot(wanted, commit)
    read = {*CONFIG_FILES, *_TOKENIZER}.intersection(names)
    weights = [name for name in names if name.endswith(".safetensors")]
    if SINGLE in names:
        weights = [SINGLE]
    elif INDEX in names:
        weights = [INDEX, *_shards(folder / INDEX)]
    there = all((folder / name).is_file() for name in (*read, *weights))
    return folder if there and folder.is_dir() else None


def without_asking(wanted: HubId, commit: str) -> Path | None:
    """Return a folder that holds all of ``commit``, as far as can be told without the hub."""
    folder, download = fetched(wanted, commit), snapshot(wanted, commit)
    if folder.is_dir():
        return whole_snapshot(wanted, commit, _names(folder)) or folder
    names = _names(download)
    weighty = SINGLE in names or INDEX in names or any(name in names for name in _PICKLES)
    return whole_snapshot(wanted, commit, names) if CONFIG in names and weighty else None


def commits(wanted: HubId) -> Iterator[str]:
    """Yield the commits that ``wanted`` may mean as far as is known here, the newest first."""
    if is_commit(wanted.revision):
        yield wanted.revision
        return
    notes = sorted(_notes(wanted), key=_written, reverse=True)
    yield from filter(is_commit, map(_text, notes))
    if len(wanted.revision) >= _SHORTEST:
        here = {folder.name for folder in _known(wanted)}
        matching = [name for name in here if is_commit(name) and name.startswith(wanted.revision)]
        yield from matching if len(matching) == 1 else ()


def remember(wanted: HubId, commit: str) -> None:
    """Note which commit a branch or tag is, for the time without a network."""
    note = _note(wanted)
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(commit)


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(path.name for path in folder.iterdir()) if folder.is_dir() else ()


def _downloads(wanted: HubId) -> Path:
    return Path(library().constants.HF_HUB_CACHE) / wanted.folder


def _note(wanted: HubId) -> Path:
    return hub_folder() / wanted.folder / f"ref-{quote(wanted.revision, safe='')}"


def _notes(wanted: HubId) -> Iterator[Path]:
    yield _note(wanted)
    if ".." not in wanted.revision and not Path(wanted.revision).is_absolute():
        yield _downloads(wanted) / "refs" / wanted.revision


def _known(wanted: HubId) -> Iterable[Path]:
    for folder in (hub_folder() / wanted.folder, _downloads(wanted) / "snapshots"):
        with suppress(OSError):
            yield from folder.iterdir()


def _written(note: Path) -> float:
    with suppress(OSError, ValueError):
        return note.stat().st_mtime
    return 0.0


def _text(note: Path) -> str:
    with suppress(OSError, ValueError):
        if note.is_file():
            return note.read_text()[:41].strip()
    return ""


def _shards(index: Path) -> set[str]:
    promised: Json = (read_json(index).values or {}).get("weight_map")
    named = promised.values() if isinstance(promised, dict) else ()
    return {file for file in named if isinstance(file, str)} or {SINGLE}
