"""Accounts of a login provider (OpenID Connect), which ``[auth]`` in secrets.toml names.

What Streamlit wants there: https://docs.streamlit.io/develop/api-reference/user/st.login
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from streamlit import config
from streamlit.auth_util import (
    get_origin_from_redirect_uri,
    get_secrets_auth_section,
    get_validated_redirect_uri,
    is_authlib_installed,
    validate_auth_credentials,
)
from streamlit.errors import StreamlitAuthError
from streamlit.runtime.secrets import secrets_singleton

from slowlens.errors import UsageError

DEFAULT = "default"
"""What Streamlit calls the provider whose keys stand in ``[auth]`` itself."""
SHORTEST_SECRET = 32
"""Characters that the key of the cookies must have."""
DOCUMENTED = "See docs/sharing.md, or https://docs.streamlit.io/develop/api-reference/user/st.login"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who logs in where, and who of those may enter."""

    redirect_uri: str
    """Where a login leads back to; ``{port}`` in it stands for that of this server."""
    providers: tuple[str, ...]
    """Names as ``st.login`` takes them."""
    places: tuple[str, ...]
    """Hosts of the providers, for people."""
    allowed: tuple[str, ...] = ()
    """Addresses or domains of mail; without any, everybody whom a provider lets in."""

    @property
    def origin(self) -> str:
        """Where this server is, for people: ``https://gpu-box.example``."""
        port = str(config.get_option("server.port"))
        found = urlsplit(self.redirect_uri.replace("{port}", port))
        return f"{found.scheme}://{found.netloc}"

    @property
    def host(self) -> str:
        """The name of this server, as people write it in their browsers."""
        return urlsplit(self.origin).hostname or ""

    def lets_in(self, user: Mapping[str, object]) -> bool:
        """Whether the claims of somebody who is logged in are those of one who may enter."""
        if not self.allowed:
            return True
        mail = _lowered(str(user.get("email") or ""))
        verified = str(user.get("email_verified", True)).casefold()  # some say "false" in a string
        if "@" not in mail or verified != "true":
            return False
        return any(_same(mail, _lowered(wanted)) for wanted in self.allowed)


def _lowered(text: str) -> str:
    """Write capitals small, in ASCII alone: elsewhere they may become letters of another domain."""
    return text.lower() if text.isascii() else text


def _same(mail: str, wanted: str) -> bool:
    if "@" in wanted.removeprefix("@"):
        return mail == wanted
    return mail.rpartition("@")[2] == wanted.removeprefix("@")


def configured(allowed: Iterable[str] = ()) -> Accounts | None:
    """Return what the user configured, or None; raise UsageError where it cannot work."""
    files = [path for path in map(Path, config.get_option("secrets.files")) if path.exists()]
    if not files:
        return None
    if not secrets_singleton.load_if_toml_exists():
        raise _broken("is no TOML that can be read", files)
    section = get_secrets_auth_section()
    if not section:
        return None
    if not is_authlib_installed():
        hint = "Install it with: pip install 'slowlens[auth]'"
        raise UsageError("The login that secrets.toml names needs Authlib.", hint=hint)
    named = [name for name, value in section.items() if isinstance(value, Mapping)]
    providers = tuple(name for name in named if name != "client_kwargs") or (DEFAULT,)
    _require_sound(section, providers, files)
    places = tuple(_place(section.get(name, section)) for name in providers)
    return Accounts(section["redirect_uri"], providers, places, tuple(allowed))


def _require_sound(
    section: Mapping[str, object], providers: Iterable[str], files: list[Path]
) -> None:
    """Raise UsageError for what would fail only once somebody logs in."""
    for name in providers:
        try:
            validate_auth_credentials(name)
        except StreamlitAuthError as error:
            reason = f"names no login that works: {' '.join(str(error).split())}"
            raise _broken(reason, files) from None
    if len(str(section.get("cookie_secret", ""))) < SHORTEST_SECRET:
        reason = f"has a cookie_secret of less than {SHORTEST_SECRET} characters"
        raise _broken(reason, files, 'python -c "import secrets; print(secrets.token_hex(32))"')
    if get_validated_redirect_uri() is None or not _absolute(get_origin_from_redirect_uri()):
        raise _broken("has no redirect_uri that is whole and ends with /oauth2callback", files)


def _absolute(origin: str | None) -> bool:
    found = urlsplit(origin or "")
    return found.scheme in ("http", "https") and bool(found.hostname)


def _place(provider: object) -> str:
    url = provider.get("server_metadata_url", "") if isinstance(provider, Mapping) else ""
    return urlsplit(str(url)).netloc


def _broken(reason: str, files: Iterable[Path], make: str = "") -> UsageError:
    named = " or ".join(map(str, files))
    hint = f"This makes one: {make}" if make else DOCUMENTED
    return UsageError(f"{named} {reason}.", hint=hint)
