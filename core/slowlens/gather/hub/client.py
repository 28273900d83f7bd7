"""Reading from the hub through huggingface_hub's session, and never more than asked for."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Lock
from urllib.parse import quote

from slowlens import __version__
from slowlens.errors import CheckpointError
from slowlens.frozen import dataclass
from slowlens.gather.hub.ids import HubId
from slowlens.gather.hub.refusals import UNSOUND, RateLimitedError, UnreachableError, refusal
from slowlens.gather.hub.transport import chunks, failures, kind_of, library, opened
from slowlens.gather.rawfile import quoted, readable, shortened

MAX_TOTAL = 500_000_000
"""Bytes in all for one checkpoint; 163 shards of a 671B model need 50 million."""
_PATIENCE = 20.0
_SLOWEST = 20_000
"""Bytes per second, once patience is over."""
_WAITS = (0.5, 2.0)
"""Seconds before another try."""
_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})")
_HEADERS = {"accept-encoding": "identity", "user-agent": f"slowlens/{__version__}"}


@dataclass(frozen=True, slots=True)
class Part:
    """The beginning of a file, or a piece of it, and how large the whole is if that was said."""

    data: bytes
    size: int | None


class Client:
    """Asks the hub about one model; any number of threads may use it."""

    def __init__(self, wanted: HubId) -> None:
        self._wanted = wanted
        self._library = library()
        self._left = MAX_TOTAL
        self._lock = Lock()

    def listing(self, limit: int) -> bytes:
        """Return what the hub says about the revision, with the sizes of its files."""
        revision = quote(self._wanted.revision, safe="")
        url = f"{self._endpoint}/api/models/{self._wanted.repo}/revision/{revision}?blobs=true"
        return self._get(url, "the list of its files", 0, limit, whole=True).data

    def whole(self, commit: str, name: str, limit: int) -> bytes:
        """Return a file; CheckpointError when it is larger than ``limit``."""
        return self._again(self._url(commit, name), name, 0, limit, whole=True).data

    def part(self, commit: str, name: str, start: int, length: int) -> Part:
        """Return ``length`` bytes from ``start``, fewer where the file ends."""
        return self._again(self._url(commit, name), name, start, length)

    @property
    def _endpoint(self) -> str:
        return str(self._library.constants.ENDPOINT).rstrip("/")

    def _url(self, commit: str, name: str) -> str:
        return str(self._library.hf_hub_url(self._wanted.repo, name, revision=commit))

    def _again(self, url: str, name: str, start: int, length: int, *, whole: bool = False) -> Part:
        """Get it, with a few tries: of hundreds of requests one may well fail."""
        for wait in _WAITS:
            try:
                return self._get(url, name, start, length, whole=whole)
            except RateLimitedError:
                raise
            except UnreachableError:
                time.sleep(wait)
        return self._get(url, name, start, length, whole=whole)

    def _get(self, url: str, name: str, start: int, length: int, *, whole: bool = False) -> Part:
        headers = {**_HEADERS, **self._authorization()}
        if not whole:
            headers["range"] = f"bytes={start}-{start + length - 1}"
        with self._asked(url, headers) as (status, said, body):
            if status not in (200, 206):
                raise refusal(self._wanted, status, said)
            size, skipped = _placed(status, said, name, start)
            data = self._read(body, name, skipped + length + whole)
        if whole and len(data) > length:
            message = f"{self._wanted.repo} has more than {readable(length)} in {quoted(name)}"
            raise CheckpointError(message, hint=UNSOUND)
        return Part(data[skipped : skipped + length], size)

    def _authorization(self) -> dict[str, str]:
        token = self._library.utils.get_token_to_send(None)
        if token is None:
            return {}
        if not (token.isascii() and token.isprintable()):
            hint = "Set HF_TOKEN to the token alone, or log in again with `hf auth login`."
            raise CheckpointError("The token for the hub has characters that none has", hint=hint)
        return {"authorization": f"Bearer {token}"}

    def _read(self, body: Iterator[bytes], name: str, limit: int) -> bytes:
        data, began = bytearray(), time.monotonic()
        for chunk in body:
            data += chunk[: limit - len(data)]
            self._count(len(chunk))
            if len(data) >= limit:
                break
            if time.monotonic() - began > _PATIENCE + len(data) / _SLOWEST:
                raise UnreachableError(f"The hub sends {quoted(name)} too slowly", hint=UNSOUND)
        return bytes(data)

    def _count(self, received: int) -> None:
        with self._lock:
            self._left -= received
        if self._left < 0:
            message = f"{self._wanted.repo} needs more than {readable(MAX_TOTAL)} to be looked at"
            raise CheckpointError(message, hint="Download it, and pass its folder.")

    @contextmanager
    def _asked(
        self, url: str, headers: dict[str, str]
    ) -> Iterator[tuple[int, Mapping[str, str], Iterator[bytes]]]:
        session = self._library.utils.get_session()
        timeout = self._library.constants.HF_HUB_DOWNLOAD_TIMEOUT
        kind = kind_of(session)
        try:
            with closing(opened(session, kind, url, headers, timeout)) as response:
                yield response.status_code, response.headers, chunks(response)
        except failures(kind) as error:
            raise self._unreachable(error, timeout) from error

    def _unreachable(self, error: Exception, timeout: float) -> UnreachableError:
        # no password that may be in the address
        host = shortened(self._endpoint.rpartition("@")[2].rpartition("://")[2])
        late = "Timeout" in type(error).__name__
        why = f"did not answer within {timeout} s" if late else "cannot be reached"
        hint = "Check the network, the proxy and HF_ENDPOINT, or pass a folder that is here."
        return UnreachableError(f"The hub at {host} {why}", hint=hint)


def _placed(
    status: int, headers: Mapping[str, str], name: str, start: int
) -> tuple[int | None, int]:
    """Return the size of the whole file, and how many bytes come before those asked for."""
    if status == 200:
        length = headers.get("content-length", "")
        return int(length) if length.isdecimal() and len(length) < 20 else None, start
    found = _RANGE.fullmatch(headers.get("content-range", ""))
    if found is None or int(found[1]) != start:
        message = f"The hub answers with another part of {quoted(name)} than was asked for"
        raise CheckpointError(message, hint=UNSOUND)
    return int(found[3]), 0
