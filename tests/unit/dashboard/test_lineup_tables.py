from functools import partial

from planting import full_run
from slowlens.facts.live.alongside import Circumstance
from slowlens.lineup import line_up
from slowlens.reports.speed_figures import Figure
from slowlens.verbatim import Verbatim
from slowlens_dashboard.runs.lineup_tables import (
    common_table,
    differing_table,
    figures_table,
    not_available,
)
from slowlens_dashboard.wording.language import Language, translated


def test_what_is_unlike_the_first_is_bold() -> None:
    found = [
        Circumstance("dtype of merged", ("bfloat16", "float32", None, "bfloat16")),
        Circumstance("platform", ("a", "b", "a", "a"), decides=False),
    ]
    rows = differing_table(found, "ABCD").to_dict("records")
    assert rows[0] == {
        "Circumstance": "Dtype of merged",
        "A": "bfloat16",
        "B": "**float32**",
        "C": not_available(),
        "D": "bfloat16",
    }
    assert rows[1]["Circumstance"] == "Platform  \n:gray[may differ]"


def test_what_is_the_same_stands_once_beside_who_does_not_tell_it() -> None:
    table = common_table([Circumstance("torch", (None, "2.13", "2.13"))], "ABC")
    (row,) = table.to_dict("records")
    assert row == {"Circumstance": "Torch", "Of all that tell it": "2.13", "Not told by": "A"}
    (row,) = common_table([Circumstance("x", ("1", "1"))], "AB").to_dict("records")
    assert row == {"Circumstance": "X", "Of all runs": "1"}


def test_a_figure_has_its_relation_to_the_first_run_below_it() -> None:
    found = [
        Figure("TPOT", ("100 ms", "200 ms", "n/a"), ("1.00", "2.00 (1.93 to 2.07)", "")),
        Figure("memory", ("1 GB", "3 GB", "n/a"), ("1.00", "3.00", "")),
    ]
    first, second = figures_table(found, "ABC").to_dict("records")
    assert first["A"] == "100 ms", "the first is held against nothing"
    assert first["B"] == "200 ms  \n:gray[2.00 times A (1.93 to 2.07)]"
    assert first["C"] == not_available()
    assert second["B"] == "3 GB  \n:gray[3.00 times A]"


def test_what_a_run_file_says_is_no_markdown() -> None:
    hostile = "<b>x</b> **y** [z](javascript:1) :material/bug_report:"
    found = [Circumstance(hostile, (hostile, "other"))]
    (row,) = differing_table(found, "AB").to_dict("records")
    (figure,) = figures_table([Figure("x", (hostile, hostile), ("", hostile))], "AB").to_dict(
        "records"
    )
    (common,) = common_table([Circumstance("x", (hostile, hostile))], "AB").to_dict("records")
    for cell in (*row.values(), *figure.values(), *common.values()):
        assert "<b>" not in str(cell)
        assert "[z]" not in str(cell)
        assert " :material" not in str(cell)


def test_words_are_translated_before_they_become_markdown() -> None:
    def tell(text: str) -> str:
        return f"<{text}>"

    (row,) = differing_table([Circumstance("a_b", ("x", "y"), decides=False)], "AB", tell).to_dict(
        "records"
    )
    assert row["<Circumstance>"] == "\\<A\\_b\\>  \n:gray[<may differ>]"
    assert row["B"] == "**\\<y\\>**"
    (row,) = figures_table([Figure("x", ("1", "2"), ("", "2.00 (1 to 3)"))], "AB", tell).to_dict(
        "records"
    )
    assert row["B"] == "\\<2\\>  \n:gray[\\<2.00 times A (1 to 3)\\>]"
    (row,) = common_table([Circumstance("x", ("1", None))], "AB", tell).to_dict("records")
    assert row == {
        "<Circumstance>": "\\<X\\>",
        "<Of all that tell it>": "\\<1\\>",
        "<Not told by>": "B",
    }


def test_a_folder_called_as_a_side_keeps_its_name() -> None:
    tell = partial(translated, into=Language.CHINESE)
    found = [Circumstance("checkpoint", (Verbatim("merged"), Verbatim("source")), decides=False)]
    (row,) = differing_table(found, "AB", tell).to_dict("records")
    assert (row["A"], row["B"]) == ("merged", "**source**")


def test_the_checkpoints_of_a_comparison_are_names() -> None:
    run = full_run()
    (found,) = (c for c in line_up([run, run]).common if c.what == "checkpoint")
    assert all(isinstance(told, Verbatim) for told in found.told)
