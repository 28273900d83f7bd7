"""List the runs that were kept, the newest first; delete some, and bring them back.

An id may be cut short where a run is named, as long as only one begins so. What is deleted is
moved into a folder of the store, trash, until you empty that.

Exit codes: 0 done, 2 it could not be, 3 wrong usage or an internal error.
"""

import argparse

from slowlens.cli.output import add_output, write
from slowlens.cli.runnames import id_in
from slowlens.cli.words import at_least
from slowlens.errors import RunFileError
from slowlens.reports.runs import render, render_json
from slowlens.reports.units import counted
from slowlens.run import Run
from slowlens.store import Store, default_store

SHOWN = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with runs."""
    parser.add_argument(
        "--limit", type=at_least(1), default=SHOWN, metavar="N", help=f"show N runs ({SHOWN})"
    )
    parser.add_argument("--deleted", action="store_true", help="list those in the trash instead")
    add_output(parser)
    parser.set_defaults(act=_list)
    actions = parser.add_subparsers(metavar="ACTION", title="actions")
    for name, act, text in (
        ("delete", _delete, "move runs into the trash"),
        ("restore", _restore, "bring runs back from the trash"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("ids", nargs="+", metavar="ID", help="its id, or the beginning of it")
        action.set_defaults(act=act)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    arguments.act(arguments, default_store())
    return 0


def _list(arguments: argparse.Namespace, store: Store) -> None:
    store = store.trash if arguments.deleted else store
    ids = store.ids()
    shown = {run_id: _loaded(store, run_id) for run_id in ids[: arguments.limit]}
    if arguments.format == "json":
        write(render_json(shown), arguments.output)
    else:
        table = f"{render(shown)}\n" if shown else ""
        write(f"{table}{_where(store, len(ids), len(shown))}\n", arguments.output)


def _where(store: Store, kept: int, shown: int) -> str:
    if not kept:
        return f"No run is in {store.folder}."
    more = f"; these are the newest {shown}, --limit N shows more" if shown < kept else ""
    return f"{counted(kept, 'run')} in {store.folder}{more}."


def _loaded(store: Store, run_id: str) -> Run | RunFileError:
    try:
        return store.load(run_id)
    except RunFileError as error:
        return error


def _delete(arguments: argparse.Namespace, store: Store) -> None:
    for run_id in dict.fromkeys([id_in(store, name) for name in arguments.ids]):
        store.delete(run_id)
        print(f"Deleted {run_id}. To bring it back: slowlens runs restore {run_id}")


def _restore(arguments: argparse.Namespace, store: Store) -> None:
    nothing = "No run is deleted: slowlens runs lists those that are there."
    names = [id_in(store.trash, name, empty=nothing) for name in arguments.ids]
    for run_id in dict.fromkeys(names):
        store.restore(run_id)
        print(f"Restored {run_id}.")
