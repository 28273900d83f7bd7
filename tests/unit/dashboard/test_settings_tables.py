from runs import a_run
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens_dashboard.tables.settings_tables import alike_table, differing_table, untouched

FOUR, FIVE, VLLM = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5, Runtime.VLLM
SILENT = Setting(1, DEFAULT)
SAID = Setting(2, "config.json")


def test_runtimes_are_columns_where_they_differ() -> None:
    table = differing_table({"a": {FOUR: SILENT, VLLM: SAID}, "b": {FIVE: SAID}}, {})
    assert [*table] == ["Setting", FOUR.label, VLLM.label]
    assert [*table.iloc[0]] == ["`a`", "`1`  \n:gray[the default]", "`2`  \n:gray[`config.json`]"]
    assert len(table) == 1


def test_runtimes_that_agree_share_a_row() -> None:
    table = alike_table({"a": {FOUR: SAID, FIVE: SAID, VLLM: SAID}, "b": {FOUR: SILENT}}, {})
    assert [*table["Setting"]] == ["`a`", "`b`"]
    assert [*table["Decided by"]] == ["`config.json`", "the default"]
    assert [*table["Read by"]] == ["transformers 4 and 5 generate, vLLM", FOUR.label]
    assert "Source" not in table


def test_several_deciders_are_told_apart() -> None:
    here = {FOUR: Setting(2, DEFAULT), FIVE: SAID}
    (decided,) = alike_table({"a": here}, {})["Decided by"]
    assert decided == f"the default for {FOUR.label}, `config.json` for {FIVE.label}"


def test_what_changed_comes_first_and_is_bold() -> None:
    settings = {"a": {FOUR: SAID}, "b": {FOUR: SAID}}
    table = alike_table(settings, {"a": {FOUR: SAID}, "b": {FOUR: SILENT}})
    assert [*table["Setting"]] == ["**`b`**", "`a`"]
    assert (table["Merged"][0], table["Source"][0]) == ("**`2`**", "`1`")
    assert table["Decided by "][0] == "the default"


def test_sources_that_differ_are_told_by_runtime() -> None:
    here = {"a": {FOUR: SAID, FIVE: SAID}}
    there = {"a": {FOUR: SILENT, FIVE: SAID}}
    assert alike_table(here, there).empty
    (row,) = differing_table(here, there).to_dict("records")
    assert row["Setting"] == "**`a`**"
    assert row[FOUR.label].endswith("source:] `1`")
    assert "source" not in row[FIVE.label]


def test_a_value_that_fails_is_not_shown_as_one() -> None:
    bad = Setting(None, "config.json", "no such kernel", fails=True)
    (cell,) = alike_table({"a": {FOUR: bad}}, {})["Merged"]
    assert cell == ":red[fails]  \n:gray[no such kernel]"
    assert not differing_table({"a": {FOUR: bad, FIVE: Setting(None, "config.json")}}, {}).empty


def test_what_no_file_touches_can_be_left_out() -> None:
    noted, bad = Setting(1, DEFAULT, "why"), Setting(1, DEFAULT, fails=True)
    settings = {"a": {FOUR: SILENT}, "b": {FOUR: SILENT, FIVE: SAID}, "c": {FOUR: noted}}
    assert untouched(settings | {"d": {FOUR: bad}}, {}) == {"a"}
    assert untouched(settings, {"a": {FOUR: SAID}}) == set()


def test_short_values_do_not_break() -> None:
    (cell,) = alike_table({"a": {FOUR: Setting([2, 0], "config.json")}}, {})["Merged"]
    assert cell == "`[2,\u00a00]`"


def test_every_setting_of_a_run_is_in_one_of_the_tables() -> None:
    run = a_run()
    alike = alike_table(run.settings, run.source_settings)
    differing = differing_table(run.settings, run.source_settings)
    assert len(alike) + len(differing) == sum(1 for by in run.settings.values() if by)


def test_no_settings_make_empty_tables() -> None:
    assert alike_table({}, {}).empty
    assert alike_table({}, {"a": {FOUR: SAID}}).empty
    assert differing_table({}, {}).empty
