"""Tables that fit a terminal, and paragraphs."""

from slowlens.reports.tables import PROSE, WIDTH, fitted, prose

HEAD = ("", "merged as shipped", "merged, cache on", "merged, cache off", "source as shipped")
CELLS = ("12.7 ms (100 %)", "1.34 ms (2 %)", "-", "0.318 ms (1 %)")
LONG = "outside the forward pass, or unexplained"


def table(columns: int, label: str = LONG) -> list[tuple[str, ...]]:
    return [HEAD[: columns + 1], (label, *CELLS[:columns]), ("whole", *CELLS[:columns])]


def test_a_table_that_fits_stays_as_it_is() -> None:
    assert list(fitted(table(1))) == [
        f"{'':40}  merged as shipped",
        f"{LONG}    12.7 ms (100 %)",
        f"whole{'':35}    12.7 ms (100 %)",
    ]


def test_heads_and_first_cells_make_room() -> None:
    lines = list(fitted(table(4, f"{LONG} by anything")))
    assert max(map(len, lines)) <= WIDTH
    assert [line.split() for line in lines[:3]] == [
        ["merged,"],
        ["merged", "as", "merged,", "cache", "cache", "source", "as"],
        ["shipped", "on", "off", "shipped"],
    ], "the lowest line of each head stands above its figures"
    assert lines[3].startswith("outside the forward pass, or")
    assert lines[3].split()[-len(" ".join(CELLS).split()) :] == " ".join(CELLS).split()
    assert lines[4].startswith("  ")
    assert lines[5].startswith("whole  ")


def test_columns_without_room_stand_in_a_table_below() -> None:
    head, *rows = table(4)
    wide = [(*head, *head[1:]), *((*row, *row[1:]) for row in rows)]
    text = "\n".join(fitted(wide))
    assert max(map(len, text.splitlines())) <= WIDTH
    above, below = text.split("\n\n")
    assert above.count("12.7 ms") + below.count("12.7 ms") == 4
    assert below.splitlines()[-1].startswith("whole  ")


def test_a_column_of_words_begins_in_line_wherever_it_lands() -> None:
    head = ("trial", *(f"figure{n}" for n in range(12)), "tokens into each step")
    rows = [head, ("a", *["12.5 ms"] * 12, "1, 1, …"), ("b", *["12.5 ms"] * 12, "1000, 1, …")]
    lines = "\n".join(fitted(rows, (0, 13))).split("\n\n")[1].splitlines()
    assert lines[-2].index("1, 1, …") == lines[-1].index("1000, 1, …")


def test_a_word_is_never_broken() -> None:
    for name in ("tokenizer-only-transformers-5", "gen-use-cache-false"):
        lines = list(fitted(table(4, f"merged with one fix + {name}")))
        assert any(name in line for line in lines)


def test_a_number_stays_with_its_unit() -> None:
    for begin in range(PROSE - 12, PROSE):
        lines = list(prose(f"{'x' * begin} 12.5 ms 5 % 3 s"))
        assert max(map(len, lines)) <= PROSE
        for figure in ("12.5 ms", "5 %", "3 s"):
            assert any(figure in line for line in lines)
    assert list(prose("a " * 60))[1].startswith("  a")
