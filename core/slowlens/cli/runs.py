"""List the runs that were kept, the newest first; name some, delete some, and bring them back.

The beginning or the last part of an id is enough where a run is named, as long as only one has it,
and a name goes for the run that has it. Names and notes are kept beside the run files, which stay
as they are. What is deleted is moved into a folder of the store, trash, until you empty that.

Exit codes: 0 done, 2 it could not be, 3 wrong usage or an internal error.
"""

import argparse

from slowlens.baselines import default_baselines
from slowlens.briefing import brief_of
from slowlens.cli.output import add_output, write
from slowlens.cli.runnames import id_in
from slowlens.cli.saying import say
from slowlens.cli.words import at_least
from slowlens.errors import RunFileError
from slowlens.labels import NONE, default_labels
from slowlens.reports.runs import Listed, render, render_json
from slowlens.reports.units import counted
from slowlens.run import Run
from slowlens.store import Store, default_store

SHOWN = 20
ID = "its id, or the beginning or the last part of it, or its name"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with runs."""
    parser.add_argument(
        "--limit", type=at_least(1), default=SHOWN, metavar="N", help=f"show N runs ({SHOWN})"
    )
    parser.add_argument("--deleted", action="store_true", help="list those in the trash instead")
    add_output(parser)
    parser.set_defaults(act=_list)
    actions = parser.add_subparsers(metavar="ACTION", title="actions")
    naming = actions.add_parser("name", help="give a run a name, and a note")
    naming.add_argument("id", metavar="ID", help=ID)
    naming.add_argument("name", metavar="NAME", help="what to call it; an empty one removes it")
    naming.add_argument("--note", metavar="TEXT", help="what to remember of it; empty removes it")
    naming.set_defaults(act=_name)
    for name, act, text in (
        ("delete", _delete, "move runs into the trash"),
        ("restore", _restore, "bring runs back from the trash"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("ids", nargs="+", metavar="ID", help=ID)
        action.set_defaults(act=act)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    arguments.act(arguments, default_store())
    return 0


def _list(arguments: argparse.Namespace, store: Store) -> None:
    store = store.trash if arguments.deleted else store
    ids = store.ids()
    shown = _listed(store, ids[: arguments.limit])
    if arguments.format == "json":
        write(render_json(shown), arguments.output)
    else:
        table = f"{render(shown)}\n" if shown else ""
        write(f"{table}{_where(store, len(ids), len(shown))}\n", arguments.output)


def _listed(store: Store, ids: tuple[str, ...]) -> list[Listed]:
    labels, baselines = default_labels().all(), default_baselines().of_runs()
    briefs = [brief_of(run_id, _loaded(store, run_id)) for run_id in ids]
    return [Listed(b, labels.get(b.id, NONE), baselines.get(b.id, ())) for b in briefs]


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


def _name(arguments: argparse.Namespace, store: Store) -> None:
    run_id = id_in(store, arguments.id)
    label = default_labels().put(run_id, arguments.name, arguments.note)
    say(f"{run_id} is named {label.name}." if label.name else f"{run_id} has no name now.")
    if label.note:
        say(f"Its note: {label.note}")
    others = [other for other in default_labels().named(label.name) if other != run_id]
    if others:
        say(f"{', '.join(others)} has that name too: neither can be named by it.")


def _delete(arguments: argparse.Namespace, store: Store) -> None:
    for run_id in dict.fromkeys([id_in(store, name) for name in arguments.ids]):
        store.delete(run_id)
        say(f"Deleted {run_id}. To bring it back: slowlens runs restore {run_id}")


def _restore(arguments: argparse.Namespace, store: Store) -> None:
    nothing = "No run is deleted: slowlens runs lists those that are there."
    names = [id_in(store.trash, name, empty=nothing) for name in arguments.ids]
    for run_id in dict.fromkeys(names):
        store.restore(run_id)
        say(f"Restored {run_id}.")
