"""What people do to runs that are kept, as callbacks: name, mark, delete, bring back."""

from collections.abc import Callable, Sequence

import streamlit as st

from slowlens.baselines import default_baselines
from slowlens.errors import RunFileError, SlowlensError
from slowlens.labels import labels_of
from slowlens.run import Run
from slowlens.store import Store
from slowlens_dashboard.access.permission import require_permission
from slowlens_dashboard.access.visible import may_show
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.messages import complain, tell
from slowlens_dashboard.pair import options
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain

DELETED, TICKED = "history-deleted", "history-ticked"
"""Keys of the runs that the last action deleted, and of those that are ticked."""


def name(run_id: str, name: str, note: str) -> None:
    """Keep what a person calls a run; empty texts remove it."""

    def act() -> None:
        _run(run_id)
        labels_of(jobs().store).put(run_id, name, note)
        tell(_("Saved."))

    _try(act)


def mark(run_id: str, name: str, *, replacing: bool) -> None:
    """Keep a run as a baseline."""

    def act() -> None:
        baselines, run = default_baselines(), _run(run_id)
        if baselines.path(name).exists() and not (replacing and _shown(name)):
            hint = "Choose another name."
            if not replacing:
                hint = "Choose another name, or say that the old one is to be replaced."
            raise RunFileError(f"There is a baseline {name} already.", hint=hint)
        baselines.save(name, run, replacing=True)
        tell(_(f"Kept as the baseline {plain(name)}."))

    _try(act)


def unmark(name: str) -> None:
    """Forget a baseline; the run stays."""

    def act() -> None:
        if _shown(name):
            default_baselines().delete(name)
            tell(_(f"The baseline {plain(name)} is gone; the run is still here."))

    _try(act)


def delete(run_ids: Sequence[str]) -> None:
    """Move runs into the trash; what is offered next is to bring them back."""

    def act() -> None:
        done: list[str] = []
        try:
            for run_id in run_ids:
                _require_shown(jobs().store, run_id)
                jobs().store.delete(run_id)
                done.append(run_id)
        finally:
            st.session_state[DELETED] = tuple(done)
            untick(done)

    _try(act)


def restore(run_ids: Sequence[str]) -> None:
    """Bring runs back from the trash."""

    def act() -> None:
        for run_id in run_ids:
            _require_shown(jobs().store.trash, run_id)
            jobs().store.restore(run_id)
        number = len(run_ids)
        tell(_("The run is back.") if number == 1 else _(f"{number} runs are back."))

    _try(act)


def just_deleted() -> tuple[str, ...]:
    """Return the runs that the last action deleted, as long as they are in the trash."""
    found: tuple[str, ...] = st.session_state.get(DELETED, ())
    trash = jobs().store.trash
    return tuple(run_id for run_id in found if trash.path(run_id).exists())


def ticked() -> tuple[str, ...]:
    """Return the runs that are ticked, the oldest first."""
    return tuple(sorted(st.session_state.get(TICKED, ())))


def tick(run_id: str, key: str) -> None:
    """Take over what the box with that key says."""
    found = set(ticked()) - {run_id}
    st.session_state[TICKED] = found | {run_id} if st.session_state[key] else found


def untick(run_ids: Sequence[str]) -> None:
    """Take runs out of those that are ticked."""
    st.session_state[TICKED] = set(ticked()) - set(run_ids)


def _run(run_id: str) -> Run:
    """Return the run; RunFileError where there is none, or this server does not show it."""
    run = jobs().store.load(run_id)
    if not may_show(run):
        raise RunFileError(f"There is no run {run_id} here.")
    return run


def _require_shown(store: Store, run_id: str) -> None:
    """Raise RunFileError where this server does not show a run of ``store``."""
    if not _is_shown(lambda: store.load(run_id)):
        raise RunFileError(f"There is no run {run_id} here.")


def _shown(name: str) -> bool:
    """Whether a baseline is of a run that this server shows."""
    return _is_shown(lambda: default_baselines().load(name))


def _is_shown(load: Callable[[], Run]) -> bool:
    """Whether this server shows a run; a damaged one may be of any folder."""
    try:
        return may_show(load())
    except RunFileError:
        return not options().confined


def _try(act: Callable[[], None]) -> None:
    """Do it if that is allowed; what was offered to be undone before is offered no more."""
    st.session_state.pop(DELETED, None)
    try:
        require_permission()
        act()
    except SlowlensError as error:
        complain(error)
