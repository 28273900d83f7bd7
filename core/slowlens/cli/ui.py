"""Open the dashboard: see why a checkpoint is slow, watch it run, fix it.

Exit codes: 0 ended, 3 wrong usage, a folder that is not there, or it cannot be opened as asked.
"""

import os
import socket
import sys
import webbrowser
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from importlib.util import find_spec
from threading import Thread

from slowlens.cli.words import at_least, given_path
from slowlens.errors import UsageError
from slowlens.gather.folder import require_folder

NEEDS = ("streamlit", "plotly", "pandas")
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104
HERE = "127.0.0.1"
HIGHEST_PORT = 65535


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "merged", nargs="?", type=given_path, metavar="MERGED", help="checkpoint to show"
    )
    parser.add_argument("--source", type=given_path, help="the checkpoint that MERGED came from")
    parser.add_argument(
        "--root",
        type=given_path,
        action="append",
        default=[],
        metavar="DIR",
        help="open only what lies below DIR, and the pair named here; may be repeated (default: "
        "the working directory and the demo)",
    )
    parser.add_argument(
        "--host",
        "--server.address",
        dest="host",
        metavar="ADDRESS",
        help=f"address to listen on (default: {HERE}, this machine only); any other asks everybody "
        "to log in",
    )
    text = (
        "let others in: listen on every address of this machine, and ask them to log in, where "
        "[auth] of Streamlit's secrets.toml says or with the token that is printed"
    )
    parser.add_argument("--share", action="store_true", help=text)
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="EMAIL_OR_DOMAIN",
        help="let in only this address or domain of mail, of those whom the login of secrets.toml "
        "knows; may be repeated",
    )
    add_opening(parser)
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="host name under which others reach this server; may be repeated",
    )
    text = "let others look, compare and export, but neither measure nor fix"
    parser.add_argument("--read-only", action="store_true", help=text)


def add_opening(parser: ArgumentParser) -> None:
    """Declare ``--port`` and ``--no-browser``."""
    parser.add_argument(
        "--port",
        "--server.port",
        dest="port",
        type=at_least(0, HIGHEST_PORT),
        metavar="N",
        help="port (default: 8501, or the next one that is free)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def run(arguments: Namespace) -> int:
    """Serve until interrupted."""
    if missing := [name for name in NEEDS if find_spec(name) is None]:
        raise UsageError(
            f"The dashboard is not installed: {', '.join(missing)} is missing.",
            hint="Install it with: pip install 'slowlens[dashboard]'",
        )
    arguments.host = arguments.host or (EVERY_ADDRESS if arguments.share else HERE)
    if arguments.host == EVERY_ADDRESS:
        arguments.name += _own_names()
    _refuse_bad_folders(arguments)
    refuse_address(arguments.host, arguments.port)
    from slowlens_dashboard.access import entrance
    from slowlens_dashboard.access.options import Options, is_here
    from slowlens_dashboard.server import configure, serve

    given = configure(arguments.host, arguments.port)
    shared = arguments.share or not is_here(arguments.host)
    login = entrance.login(arguments.allow, shared=shared)
    options = Options(
        tuple(arguments.root),
        arguments.merged,
        arguments.source,
        arguments.read_only,
        accounts=bool(entrance.hosts(login)),
        confined=shared or bool(arguments.root),
    )
    os.environ.update(options.environment())
    names = (arguments.host, *arguments.name, *entrance.hosts(login))

    def announce(url: str) -> None:
        print(*entrance.announcement(login, url, arguments.name), sep="\n", flush=True)
        if not arguments.no_browser and _has_screen():
            own = entrance.address(login, url)
            Thread(target=webbrowser.open, args=(own,), daemon=True).start()

    serve(given, names, announce, login)
    return 0


def _refuse_bad_folders(arguments: Namespace) -> None:
    for path in (arguments.merged, arguments.source, *arguments.root):
        if path is not None:
            require_folder(path)
    if arguments.source and not arguments.merged:
        raise UsageError(
            "--source needs the merged checkpoint too.", hint="slowlens ui MERGED --source SOURCE"
        )


def refuse_address(host: str, port: int | None) -> None:
    """UsageError where the dashboard cannot listen there; no port is the first that is free."""
    if ":" in host:
        raise UsageError(
            f"The dashboard listens on names and IPv4 addresses only, not on {host}.",
            hint="Use --host 127.0.0.1, or 0.0.0.0 with --name HOST for others.",
        )
    if port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"The dashboard cannot listen on {host}:{port}: {error.strerror}.",
                hint="Choose another with --port, or leave it out to get a free one.",
            ) from error


def _own_names() -> list[str]:
    """Return the name of this machine and its addresses, as far as it knows them."""
    name = socket.gethostname()
    try:
        _, others, addresses = socket.gethostbyname_ex(name)
    except OSError:
        others, addresses = [], []
    found = dict.fromkeys((name, *others, *addresses, *_outward()))
    return [one for one in found if not one.startswith(("localhost", "127."))]


def _outward() -> list[str]:
    """Return the address that this machine has for others, where it has one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return [probe.getsockname()[0]]
    return []


def _has_screen() -> bool:
    """Without one, a text browser would take the terminal over."""
    others = sys.platform in ("darwin", "win32")
    return others or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
