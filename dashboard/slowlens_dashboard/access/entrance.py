"""Who is asked to log in, by what, and what the terminal says of it."""

from collections.abc import Iterator, Sequence
from secrets import token_urlsafe

from slowlens.errors import UsageError
from slowlens_dashboard.access.accounts import Accounts, configured

Login = str | Accounts | None
"""A token, or accounts; None where only this machine is answered."""
LENGTH = 24
"""Bytes of a token."""


def login(allowed: Sequence[str], *, shared: bool) -> Login:
    """Return the accounts that the user configured, or else a token; None for this machine.

    Raises UsageError where the configuration cannot work: nobody is let in by another way then.
    """
    accounts = configured(allowed) if shared else None
    if allowed and accounts is None:
        raise UsageError(
            "--allow needs --share, and a login that tells who somebody is.",
            hint="Name one under [auth] in .streamlit/secrets.toml: docs/sharing.md tells how.",
        )
    return accounts or (token_urlsafe(LENGTH) if shared else None)


def hosts(login: Login) -> tuple[str, ...]:
    """Return the names under which people come back from a login."""
    return (login.host,) if isinstance(login, Accounts) else ()


def address(login: Login, url: str) -> str:
    """Return what to open in a browser."""
    if isinstance(login, Accounts):
        return login.origin
    return url if login is None else f"{url}/?token={login}"


def announcement(login: Login, url: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the lines that say where it is, and who may enter."""
    yield f"Slowlens is ready: {address(login, url)}"
    if isinstance(login, Accounts):
        yield f"People log in at {' or '.join(login.places)}, for {login.origin}."
        if login.allowed:
            yield f"It lets in {' and '.join(login.allowed)} only."
        else:
            yield (
                "Every account that can log in there may enter; --allow EMAIL_OR_DOMAIN names some."
            )
    elif login is not None:
        port = url.rpartition(":")[2]
        for name in names:
            yield f"For others: {address(login, f'http://{name}:{port}')}"
        yield "Whoever has the token may open it; http does not hide it on the way."
    yield "Press Ctrl-C to end it."
