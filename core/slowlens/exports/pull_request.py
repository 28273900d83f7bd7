"""A pull request on the Hugging Face hub with the patched files, through huggingface_hub."""

from typing import Any

from slowlens.errors import PatchError
from slowlens.frozen import dataclass
from slowlens.gather.hub.ids import origin
from slowlens.gather.hub.transport import failures, kind_of, library
from slowlens.gather.rawfile import shortened
from slowlens.patch import Patch

_LOGIN = "Log in with `hf auth login`, or set HF_TOKEN to a token that may write."


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Patched files for a model of the hub, as it was at one commit."""

    repo: str
    commit: str
    title: str
    text: str
    patch: Patch


def pull_request(patch: Patch, title: str, text: str) -> PullRequest:
    """Work out which model it is for; PatchError where the folder is none of the hub's."""
    repo, _, commit = origin(patch.root).partition("@")
    if not commit:
        hint = "Name the model by its id: slowlens export ORG/NAME --pull-request"
        raise PatchError(f"{patch.root} is no model of the hub", hint=hint)
    return PullRequest(repo, commit, title, text, patch)


def send(asked: PullRequest) -> str:
    """Open it on the hub, and return its address.

    The hub refuses it where the model has changed since ``asked.commit``.
    """
    hub = library()
    if hub.utils.get_token_to_send(None) is None:
        raise PatchError("You are not logged in to the hub", hint=_LOGIN)
    files = {file.name: file.after for file in asked.patch.files if file.after is not None}
    kind = kind_of(hub.utils.get_session())
    try:
        made = hub.HfApi(endpoint=hub.constants.ENDPOINT).create_commit(
            repo_id=asked.repo,
            operations=[hub.CommitOperationAdd(name, content) for name, content in files.items()],
            commit_message=asked.title,
            commit_description=asked.text,
            create_pr=True,
            parent_commit=asked.commit,
        )
    except failures(kind) as error:
        raise _refused(asked, error) from error
    return str(made.pr_url)


def _refused(asked: PullRequest, error: Exception) -> PatchError:
    """Explain what the hub answers, or that it does not."""
    response: Any = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status in (401, 403):
        return PatchError(f"The hub does not let this account write to {asked.repo}", hint=_LOGIN)
    if status in (409, 412):
        hint = "Export it again: the fixes are then worked out for what is there now."
        return PatchError(f"{asked.repo} has changed on the hub meanwhile", hint=hint)
    said = getattr(error, "server_message", None) or str(error)
    hint = "Check the network and HF_ENDPOINT, and try again."
    return PatchError(f"The hub did not take the pull request: {shortened(said)}", hint=hint)
