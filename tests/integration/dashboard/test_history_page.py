"""History: runs named, marked, found, deleted and brought back."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from builders import checkpoint
from pages import Open, press, query, said, slow_and_fast, store
from samples import results
from slowlens.baselines import default_baselines
from slowlens.facts.environment import Environment
from slowlens.importing import imported_run
from slowlens.labels import Label, default_labels
from slowlens.run import Run
from slowlens.store import default_store
from slowlens_dashboard.access.options import Options

Pair = tuple[Path, Path]


def keep(pair: Pair, *ids: str) -> list[Run]:
    return [store(pair, slow_and_fast(), id=run_id) for run_id in ids]


def shown(at: AppTest) -> list[str]:
    """Ids of the runs that the page lists, in its order."""
    return [box.key.removeprefix("tick-") for box in at.checkbox if box.key.startswith("tick-")]


def links(at: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.query_string for link in at.get("page_link")}


def test_runs_stand_below_their_checkpoint_with_their_figures(
    open_page: Open, pair: Pair, tmp_path: Path
) -> None:
    keep(pair, "2026-1", "2026-2")
    default_store().save(imported_run(results("vllm-serve.json")[0], Environment("", "", {})))
    at = open_page("history")
    assert not at.exception
    text = said(at)
    assert "merged ← source" in text
    assert "400 ms per token · 3 rounds of 3 tokens · prompt of 10 tokens · a processor" in text
    assert "[:material/close: FAIL] 4.00 times as long per token as merged, cache on" in text
    assert "Imported from vLLM" in text
    assert text.count("key-value cache") == 2
    assert len(shown(at)) == 3
    opened = [link.proto.query_string for link in at.get("page_link")]
    assert {"run=2026-2", "run=2026-1"} < {*opened}


def test_there_is_nothing_yet(open_page: Open) -> None:
    at = open_page("history")
    assert "No run is kept yet." in said(at)
    assert "To the page Live run" in links(at)


def test_checkpoints_are_offered_as_they_are_called(open_page: Open, tmp_path: Path) -> None:
    """A list to choose from draws no Markdown: what escapes that would be seen."""
    keep((checkpoint(tmp_path / "my_model*"), checkpoint(tmp_path / "source")), "2026-1")
    assert open_page("history").selectbox(key="history-checkpoint").options == ["All", "my_model*"]


def test_a_link_shares_what_was_looked_for(open_page: Open, pair: Pair) -> None:
    keep(pair, "2026-1", "2026-2")
    default_labels().put("2026-1", "before")
    default_baselines().save("main", default_store().load("2026-2"))
    at = open_page("history")
    at = at.text_input(key="history-find").set_value("before").run()
    assert (shown(at), query(at, "find")) == (["2026-1"], "before")
    assert shown(open_page("history", find="before")) == ["2026-1"]
    at = open_page("history", show="baseline")
    assert shown(at) == ["2026-2"]
    assert "baseline main" in said(at)
    assert shown(open_page("history", checkpoint=str(pair[0]))) == ["2026-2", "2026-1"]
    at = open_page("history", find="nothing like it", checkpoint="/gone", show="imported")
    assert "No run is like that." in said(at)
    at = press(at, "Show all")
    assert shown(at) == ["2026-2", "2026-1"]
    assert "find" not in at.query_params


def test_a_run_is_given_a_name_and_a_note(open_page: Open, pair: Pair) -> None:
    (run,) = keep(pair, "2026-1")
    before = default_store().path(run.id).read_bytes()
    at = open_page("history").button(key="edit-2026-1").click().run()
    at.text_input(key="run-name").set_value("after the *fix*")
    at.text_area(key="run-note").set_value("quiet\nmachine")
    at = at.button(key="save-label").click().run()
    assert not at.exception
    assert default_labels().get("2026-1") == Label("after the *fix*", "quiet\nmachine")
    assert r"**after the \*fix\*** · 20" in "".join(links(at))
    assert ":material/notes: quiet machine" in said(at)
    assert default_store().path(run.id).read_bytes() == before
    at = at.button(key="edit-2026-1").click().run()
    assert at.text_input(key="run-name").value == "after the *fix*"
    at.text_input(key="run-name").set_value("\x1b[2J")
    at = at.button(key="save-label").click().run()
    assert "cannot be the name of a run" in said(at)
    assert default_labels().get("2026-1").name == "after the *fix*"


def test_a_run_becomes_a_baseline_and_stops_being_one(open_page: Open, pair: Pair) -> None:
    keep(pair, "2026-1", "2026-2")
    at = open_page("history").button(key="edit-2026-1").click().run()
    at.text_input(key="baseline-name").set_value("main")
    at = at.button(key="mark").click().run()
    assert "baseline main" in said(at)
    assert default_baselines().load("main").id == "2026-1"
    at = at.button(key="edit-2026-2").click().run()
    at.text_input(key="baseline-name").set_value("main")
    at = at.button(key="mark").click().run()
    assert "There is a baseline main already." in said(at)
    assert default_baselines().load("main").id == "2026-1"
    at = at.button(key="edit-2026-2").click().run()
    at.text_input(key="baseline-name").set_value("main")
    at.checkbox(key="baseline-replace").check()
    at = at.button(key="mark").click().run()
    assert default_baselines().load("main").id == "2026-2"
    at = at.button(key="edit-2026-2").click().run()
    at = at.button(key="unmark-main").click().run()
    assert default_baselines().names() == ()
    assert "baseline main" not in said(at)
    assert shown(at) == ["2026-2", "2026-1"]


def test_what_is_deleted_can_be_undone_at_once_and_later(open_page: Open, pair: Pair) -> None:
    keep(pair, "2026-1", "2026-2", "2026-3")
    default_labels().put("2026-2", "second")
    at = open_page("history").button(key="delete-2026-2").click().run()
    assert default_store().ids() == ("2026-3", "2026-1")
    assert "Deleted 1 run." in said(at)
    assert "Deleted second." in said(at), "in its place, too"
    at = at.text_input(key="history-find").set_value("2026").run()
    assert "Deleted 1 run." in said(at), "until the next action"
    at = at.button(key="undo-deleted-2026-2").click().run()
    assert default_store().ids() == ("2026-3", "2026-2", "2026-1")
    assert "Deleted" not in said(at)
    assert "**second** · " in "".join(links(at))
    at = at.button(key="delete-2026-2").click().run()
    at = at.button(key="delete-2026-3").click().run()
    assert "Deleted second." not in said(at)
    assert "Deleted 1 run." in said(at)
    at = at.button(key="restore-2026-2").click().run()
    assert default_store().ids() == ("2026-2", "2026-1")
    assert not [button for button in at.button if button.label == "Undo"]


def test_runs_that_are_ticked_are_compared_or_deleted(open_page: Open, pair: Pair) -> None:
    keep(pair, "2026-1", "2026-2", "2026-3")
    at = open_page("history")
    compare = next(link.proto for link in at.get("page_link") if link.proto.label == "Compare")
    assert compare.disabled
    at = at.checkbox(key="tick-2026-3").check().run()
    at = at.checkbox(key="tick-2026-1").check().run()
    assert links(at)["Compare 2 runs"] == "run=2026-1&run=2026-3"
    at = at.button(key="delete-ticked").click().run()
    assert default_store().ids() == ("2026-2",)
    assert "Deleted 2 runs." in said(at)
    at = at.button(key="undo-just-deleted").click().run()
    assert default_store().ids() == ("2026-3", "2026-2", "2026-1")
    at = at.checkbox(key="tick-2026-1").check().run()
    at = at.button(key="untick").click().run()
    assert not any(box.value for box in at.checkbox)


def test_who_may_only_look_changes_nothing(
    open_page: Open, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(pair, "2026-1", "2026-2")
    default_baselines().save("main", default_store().load("2026-1"))
    default_store().delete("2026-2")
    pressed = {"delete-2026-1", "restore-2026-2"}
    asked = {"save-label", "mark", "unmark-main"}
    opened = {key: open_page("history") for key in pressed}
    opened |= {key: open_page("history").button(key="edit-2026-1").click().run() for key in asked}
    monkeypatch.setenv("SLOWLENS_READ_ONLY", "1")
    for key, at in opened.items():
        assert "This dashboard is read-only." in said(at.button(key=key).click().run()), key
    assert (default_store().ids(), default_store().trash.ids()) == (("2026-1",), ("2026-2",))
    assert default_labels().all() == {}
    assert default_baselines().names() == ("main",)
    at = open_page("history")
    assert shown(at) == ["2026-1"]
    changing = ("edit-", "delete-", "restore-")
    assert all(b.disabled for b in at.button if (b.key or "").startswith(changing))


def test_others_learn_of_no_checkpoint_outside_the_roots(
    open_page: Open, pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here,) = keep(pair, "2026-1")
    elsewhere = replace(here.merged, path="/secret/elsewhere")
    for run_id in ("2026-2", "2026-3"):
        default_store().save(replace(here, id=run_id, merged=elsewhere))
    default_store().delete("2026-3")
    before = said(open_page("history"))
    assert "elsewhere" in before
    assert "Not shown here" not in before
    for name, text in Options((tmp_path,), confined=True).environment().items():
        monkeypatch.setenv(name, text)
    at = open_page("history")
    assert shown(at) == ["2026-1"]
    assert "Deleted" not in said(at)
    assert "Not shown here: 1 run of folders that this dashboard may not read" in said(at)
    assert "Not shown here: 1 run" in said(open_page("compare"))
    for page, asked in (("history", {}), ("live", {}), ("live", {"run": "2026-2"})):
        assert "elsewhere" not in said(open_page(page, **asked)), page
        assert not any("elsewhere" in b.label for b in open_page(page, **asked).button), page
    link = {"run": "2026-2", "merged": str(pair[0])}
    assert "There is no run 2026-2 here." in said(open_page("live", **link))


def test_a_damaged_file_is_named_and_can_be_deleted(open_page: Open, pair: Pair) -> None:
    keep(pair, "2026-1")
    default_store().path("2026-2").write_text("{")
    at = open_page("history")
    assert "Files that cannot be read" in said(at)
    assert "run=2026-2" not in links(at).values()
    at = at.button(key="delete-2026-2").click().run()
    assert not at.exception
    assert default_store().ids() == ("2026-1",)


def test_many_runs_come_page_by_page(open_page: Open, pair: Pair) -> None:
    (run,) = keep(pair, "2026-00")
    for number in range(1, 30):
        default_store().save(replace(run, id=f"2026-{number:02d}"))
    found = [*shown(open_page("history"))]
    for part in ("2", "3"):
        found += shown(open_page("history", part=part))
    assert found == sorted(found, reverse=True)
    assert len(found) == 30
    assert shown(open_page("history", part="99")) == shown(open_page("history", part="3"))
