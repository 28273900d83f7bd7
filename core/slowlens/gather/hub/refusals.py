"""What an answer of the hub that is no success means for a person."""

import re
from collections.abc import Mapping

from slowlens.errors import CheckpointError
from slowlens.gather.hub.ids import HubId
from slowlens.gather.rawfile import shortened

UNSOUND = "Try again; if it stays so, the server at HF_ENDPOINT is not sound."
_LOGIN = "set HF_TOKEN, or log in with `hf auth login`"
_RESET = re.compile(r";\s*t=(\d{1,6})")


class UnreachableError(CheckpointError):
    """The hub gives no answer now; what is in the caches may do."""


class UnknownError(CheckpointError):
    """Nothing tells that there is such a model."""


class RateLimitedError(UnreachableError):
    """The hub asks to wait: trying again at once makes it worse."""


def refusal(wanted: HubId, status: int, headers: Mapping[str, str]) -> CheckpointError:
    """Explain an HTTP status and the reasons that the hub gives in its headers."""
    code, said = headers.get("x-error-code", ""), headers.get("x-error-message", "")
    if status == 429:
        return _limited(headers)
    if status >= 500:
        message = f"The hub cannot answer for {wanted.repo} now (HTTP {status})"
        return UnreachableError(message, hint="Try again in a minute.")
    if code == "GatedRepo":
        message = f"{wanted.repo} is gated: its owner lets in only who was granted access"
        hint = f"Ask for access on its page, and {_LOGIN} of the account that has it."
        return CheckpointError(message, hint=hint)
    if code == "RevisionNotFound":
        message = f"{wanted.repo} has no revision {shortened(wanted.revision)}"
        return CheckpointError(message, hint="Pass a branch, a tag or a whole commit hash.")
    if status == 401 and "credentials" in said:
        hint = "Set HF_TOKEN to a valid token, or log in again with `hf auth login`."
        return CheckpointError("The hub does not know this token", hint=hint)
    if status == 403:
        message = f"The hub refuses {wanted.repo}: {shortened(said) or 'no permission'}"
        return CheckpointError(message, hint=f"Where your account may read it, {_LOGIN}.")
    if status in (401, 404):
        hint = f"Check the spelling; if it is a private model, {_LOGIN}."
        return UnknownError(f"{wanted.repo} is not on the hub, or private", hint=hint)
    message = f"The hub refuses {wanted.repo} (HTTP {status}) {shortened(said)}".rstrip()
    return CheckpointError(message, hint="Check the id, the revision and HF_ENDPOINT.")


def _limited(headers: Mapping[str, str]) -> RateLimitedError:
    reset = _RESET.search(headers.get("ratelimit", ""))
    after = reset[1] if reset else headers.get("retry-after", "")
    wait = f"Wait {after} seconds" if after.isascii() and after.isdecimal() else "Wait a while"
    message = "The hub takes no more requests from here for now (HTTP 429)"
    return RateLimitedError(message, hint=f"{wait}, or {_LOGIN}: accounts may ask more often.")
