"""The kinds of things that a report leaves out unless it is asked to tell them."""

from enum import StrEnum


class Kind(StrEnum):
    """What can be told or left out."""

    PATHS = "paths"
    """Of folders and files; what is left is the name of the last one."""
    USERS = "users"
    """Names of users, as home folders tell them, and mail addresses."""
    HOSTS = "hosts"
    """Names and addresses of machines, and the ids of GPUs."""
    SECRETS = "secrets"
    """Tokens, keys and passwords."""
    PROMPT = "prompt"
    """The prompt, what was written, and the ids of its tokens."""


LEFT = {
    Kind.USERS: "user",
    Kind.HOSTS: "(redacted host)",
    Kind.SECRETS: "(redacted secret)",
    Kind.PROMPT: "(redacted text)",
}
"""What stands in their places; of a path its last name."""


ALL = "all"
"""Every one of them, where kinds are named."""


def kinds_named(text: str) -> frozenset[Kind]:
    """Return the kinds that are named, joined by commas; ValueError for a name that is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == [ALL]:
        return frozenset(Kind)
    if wrong := [name for name in names if name not in list(Kind)]:
        raise ValueError(f"{', '.join(map(repr, wrong))} is none of {', '.join(Kind)}, {ALL}")
    return frozenset(map(Kind, names))
