"""The HTTP library that this huggingface_hub uses, whichever it is."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from slowlens.gather.hub.refusals import UnknownError

_CHUNK = 2**16
_NO_LIBRARY = (
    "If it is a folder, check the spelling. For models of the hub: pip install 'slowlens[hub]'"
)


def library() -> Any:  # noqa: ANN401 - a module of many versions
    """Import huggingface_hub; CheckpointError where it is not installed."""
    try:
        module = import_module("huggingface_hub")
        for name in ("constants", "utils"):
            import_module(f"huggingface_hub.{name}")
    except ImportError as error:
        message = "Models of the hub need huggingface_hub, which is not installed"
        raise UnknownError(message, hint=_NO_LIBRARY) from error
    return module


def kind_of(session: object) -> str:
    """Name the HTTP library: requests up to huggingface_hub 0.36, httpx and httpx2 after it."""
    roots = [parent.__module__.partition(".")[0] for parent in type(session).__mro__]
    return next(root for root in roots if root in ("requests", "httpx", "httpx2"))


def failures(kind: str) -> tuple[type[Exception], ...]:
    """Return what goes wrong on the way; offline mode and broken sockets are OSErrors."""
    http = import_module(kind)
    if kind == "requests":
        return (OSError, import_module("urllib3").exceptions.HTTPError)
    return (OSError, http.HTTPError, http.StreamError, http.InvalidURL)


def opened(session: Any, kind: str, url: str, headers: dict[str, str], timeout: float) -> Any:  # noqa: ANN401
    """Send the request and return its answer, whose body has not been read."""
    if kind == "requests":
        return session.get(url, headers=headers, timeout=timeout, stream=True)
    request = session.build_request("GET", url, headers=headers, timeout=timeout)
    return session.send(request, stream=True, follow_redirects=True)


def chunks(response: Any) -> Iterator[bytes]:  # noqa: ANN401
    """Yield the body as it arrives and as it was sent: nothing is unpacked."""
    if hasattr(response, "iter_raw"):
        yield from response.iter_raw()
        return
    read: Callable[..., bytes] = getattr(response.raw, "read1", None) or response.raw.read
    while chunk := read(_CHUNK, decode_content=False):
        yield chunk
