"""Making the folder of a model: small texts whole, of weights the header, of the rest the size."""

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from slowlens.errors import CheckpointError
from slowlens.gather.hub.cached import fetched, snapshot
from slowlens.gather.hub.client import Client
from slowlens.gather.hub.ids import HubId
from slowlens.gather.hub.listing import Listing
from slowlens.gather.hub.refusals import UNSOUND
from slowlens.gather.rawfile import quoted
from slowlens.gather.safetensors import MAX_HEADER
from slowlens.gather.textfile import MAX_SIZE

TOGETHER = 16
FIRST = 2**17
"""Bytes of the first request: more than the header of most shards."""
TEXTS = (".json", ".jinja")
FOLDERS = ("additional_chat_templates", "lora_adapter")
"""The folders that are looked into."""
_MAX_FETCHED = 5_000
_LENGTH = 8


def fetch(wanted: HubId, listing: Listing, client: Client) -> Path:
    """Make the folder of a commit, all of it or nothing, and return it."""
    final = fetched(wanted, listing.commit)
    with _unfinished(final) as folder:
        for name in sorted(listing.folders):
            (folder / name).mkdir()
        files = [(name, size) for name, size in listing.files.items() if _is_placed(name)]
        if len(files) > _MAX_FETCHED:
            message = f"{wanted.repo} has {len(files)} files at its top: too many to look at"
            raise CheckpointError(message, hint="Download what is needed, and pass its folder.")
        job = _Job(wanted, listing.commit, client, folder)
        with ThreadPoolExecutor(TOGETHER) as pool:
            try:
                list(pool.map(job.place, *zip(*files, strict=True)) if files else ())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return final


class _Job:
    """Places the files of one commit into a folder."""

    def __init__(self, wanted: HubId, commit: str, client: Client, folder: Path) -> None:
        self._commit = commit
        self._client = client
        self._folder = folder
        self._download = snapshot(wanted, commit)

    def place(self, name: str, size: int | None) -> None:
        """Write one file, with what is read of it."""
        if name.endswith(".safetensors"):
            start, size = self._header(name, size)
        elif name.endswith(TEXTS) and (size or 0) <= MAX_SIZE:
            start = self._text(name, size)
        else:
            start = b""
        with (self._folder / name).open("xb") as file:
            file.write(start)
            file.truncate(max(size or 0, len(start)))

    def _text(self, name: str, size: int | None) -> bytes:
        here = self._here(name, size)
        if here is not None:
            return here.read_bytes()
        data = self._client.whole(self._commit, name, MAX_SIZE if size is None else size)
        if size is not None and len(data) < size:
            message = f"The hub sends {len(data)} of {size} bytes of {quoted(name)}"
            raise CheckpointError(message, hint=UNSOUND)
        return data

    def _header(self, name: str, size: int | None) -> tuple[bytes, int]:
        """Return the beginning of a file up to the end of its header, and the whole size.

        A header that is longer than the file or than the format allows is not fetched: its
        length alone tells the readers what is wrong.
        """
        if size == 0:
            return b"", 0
        start, known = self._part(name, size, 0, FIRST)
        end = _LENGTH + int.from_bytes(start[:_LENGTH], "little")
        if end > min(known, MAX_HEADER):
            return start[:_LENGTH], known
        if end > len(start):
            more, _ = self._part(name, known, len(start), end - len(start))
            start += more
        if len(start) < end:
            raise CheckpointError(f"The hub sends {quoted(name)} only in part", hint=UNSOUND)
        return start[:end], known

    def _part(self, name: str, size: int | None, start: int, length: int) -> tuple[bytes, int]:
        here = self._here(name, size)
        if here is not None:
            with here.open("rb") as file:
                file.seek(start)
                return file.read(length), here.stat().st_size
        part = self._client.part(self._commit, name, start, length)
        if part.size is None:
            message = f"The hub does not say how large {quoted(name)} is"
            raise CheckpointError(message, hint=UNSOUND)
        if size not in (None, part.size):
            message = f"The hub gives two sizes for {quoted(name)}, {size} and {part.size} bytes"
            raise CheckpointError(message, hint=UNSOUND)
        return part.data, part.size

    def _here(self, name: str, size: int | None) -> Path | None:
        """Return the file where huggingface_hub has downloaded it, whole."""
        path = self._download / name
        return path if path.is_file() and size in (None, path.stat().st_size) else None


def _is_placed(name: str) -> bool:
    return "/" not in name or str(PurePosixPath(name).parent) in FOLDERS


def _become(folder: Path, final: Path) -> None:
    try:
        folder.rename(final)
    except OSError:
        if not final.is_dir():  # else another process was faster
            raise


@contextmanager
def _unfinished(final: Path) -> Iterator[Path]:
    """Give a folder beside ``final`` that becomes it in the end, and is removed on an error."""
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".", dir=final.parent))
        try:
            yield folder
            _become(folder, final)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        message = f"What was fetched of the hub cannot be kept in {final.parent}: {error.strerror}"
        hint = "Make room there, or set SLOWLENS_HOME to a folder elsewhere."
        raise CheckpointError(message, hint=hint) from error
