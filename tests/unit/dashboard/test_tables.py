from literals import checkpoint
from runs import a_run
from slowlens.facts.difference import Difference, Effect
from slowlens_dashboard.tables.facts import (
    difference_table,
    files_table,
    sizes_table,
    weights_table,
)


def test_what_each_file_says() -> None:
    read = checkpoint({"use_cache": False, "text_config": {"use_cache": True}}, {"eos_token_id": 2})
    table = files_table(a_run().settings, read).set_index("Key")
    assert list(table) == ["config.json", "config.json: text_config", "generation_config.json"]
    assert list(table.loc["`use_cache`"]) == ["`false`", "`true`", ""]
    assert list(table.loc["`eos_token_id`"]) == ["", "", "`2`"]


def test_silent_files_make_an_empty_table() -> None:
    assert files_table(a_run().settings, checkpoint({})).empty


def test_weights() -> None:
    table = weights_table({"BF16": 3_000_000, "F32": 1_000_000})
    assert table.to_numpy().tolist() == [["`BF16`", "3 MB", "75 %"], ["`F32`", "1 MB", "25 %"]]
    assert weights_table({}).empty


def test_differences_name_the_deciding_file() -> None:
    here, beside = (
        Difference(file, "use_cache", merged=False, effect=Effect.SPEED, note="n")
        for file in ("generation_config.json", "config.json")
    )
    other = Difference("tokenizer_config.json", "eos_token_id", 1, 2, Effect.LENGTH)
    table = difference_table([here, beside, other], a_run().settings)
    assert list(table["Source"]) == ["*not set*", "*not set*", "`1`"]
    assert list(table["Merged"]) == ["`false`", "`false`", "`2`"]
    assert list(table["What it means"]) == [
        "n  \n:gray[decided by this file, for transformers 4 and 5 generate]",
        "n  \n:gray[decided by this file, for a bare forward loop]",
        ":gray[decided by `generation_config.json`]",
    ]


def test_each_file_with_its_size_and_nothing_of_its_name_is_markup() -> None:
    table = sizes_table({"a*b*.json": 1200, "model.safetensors": 269_000_000})
    assert table.to_dict("list") == {
        "File": ["`a*b*.json`", "`model.safetensors`"],
        "Size": ["1.2 kB", "269 MB"],
    }
    assert list(sizes_table({}).columns) == ["File", "Size"]
