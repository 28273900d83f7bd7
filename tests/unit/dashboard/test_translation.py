"""What the code says in English is recognised and told in another language."""

import re

import pytest

from slowlens_dashboard.wording.language import Language, catalogue_of
from slowlens_dashboard.wording.translation import Catalogue

TEXTS = {
    "generate() runs without its cache{versions}: {who} turns it off{because}": (
        "generate() 运行时没有缓存{versions}: {who} 关闭了它{because}"
    ),
    " under {label}": " (在 {label} 下)",
    "the run proves it ({message})": "实测证明({message})",
    "every step processed all {count}": "每一步处理了全部 {count}",
    "{number} tokens": "{number} 个 token",
    "Stop": "停止",
    "it said “{text}”": "它说: {text}",
    "{share}: %{customdata}<extra></extra>": "{share}= %{customdata}<extra></extra>",
    "Press it.": "请按它。",
    "merged as shipped": "合并后原样",
}
TOLD = Catalogue(TEXTS).told


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Stop", "停止"),
        ("stop", "停止"),
        ("Stop.", "停止。"),
        ("**Stop**", "**停止**"),
        ("## Stop", "## 停止"),
        ("Press it.", "请按它。"),
        ("3 tokens", "3 个 token"),
        (
            "merged as shipped: %{customdata}<extra></extra>",
            "合并后原样= %{customdata}<extra></extra>",
        ),
        ("merged as shipped and 3 tokens", "合并后原样和3 个 token"),
    ],
)
def test_a_text_is_recognised(english: str, chinese: str) -> None:
    assert TOLD(english) == chinese


def test_what_is_in_the_holes_is_translated_too() -> None:
    said = "Generate() runs without its cache under transformers 4: config.json turns it off"
    assert TOLD(said) == "generate() 运行时没有缓存 (在 transformers 4 下): config.json 关闭了它"


def test_a_hole_swallows_no_other_sentence() -> None:
    said = (
        "generate() runs without its cache: config.json turns it off."
        " The run proves it (every step processed all 3 tokens). Stop."
    )
    assert TOLD(said) == (
        "generate() 运行时没有缓存: config.json 关闭了它。"
        "实测证明(每一步处理了全部 3 个 token)。停止。"
    )


@pytest.mark.parametrize("text", ["", "8.35 ms", "config.json", "a text that is new", "x  \n y"])
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert TOLD(text) == text


def test_the_surest_pattern_wins() -> None:
    catalogue = Catalogue({"{a} of {b} were lost": "{b}/{a}", "steps of {b} were lost": "{b} 丢了"})
    assert catalogue.told("steps of merged were lost") == "merged 丢了"


def test_a_pattern_with_few_letters_takes_figures_and_words_only() -> None:
    told = Catalogue({"{low} to {high}": "{low} 到 {high}", "Link": "链接"}).told
    assert told("Link to this finding") == "Link to this finding"
    assert told("3.1 to 5 ms") == "3.1 到 5 ms"


def test_what_nobody_can_tell_in_a_hole_leaves_the_pattern_to_another() -> None:
    texts = {"{part} % of the bandwidth used": "用到 {part} %", "{who} is slow": "{who} 很慢"}
    told = Catalogue({**texts, "merged as shipped": "原样"}).told
    assert told("merged as shipped is slow: 12 % of the bandwidth used") == "原样很慢：用到 12 %"  # noqa: RUF001


def test_a_number_is_no_words() -> None:
    texts = {
        "{number} tokens": "{number} 个 token",
        "stopped after {tokens}": "在 {tokens} 之后停止",
    }
    told = Catalogue({**texts, "merged": "合并后"}).told
    assert told("merged, stopped after 39 tokens") == "合并后，在 39 个 token 之后停止"  # noqa: RUF001


def test_marks_of_a_chart_stay() -> None:
    told = Catalogue({"merged as shipped": "原样", "recompute-bound": "重复计算"}).told
    said = "<b>merged as shipped:</b> 191 ms, recompute-bound"
    assert told(said) == "<b>原样:</b> 191 ms，重复计算"  # noqa: RUF001


def test_what_is_put_behind_a_text_is_known_apart() -> None:
    told = Catalogue({"thick: merged": "粗: 合并后", "; thin: the others": "；细: 其他"}).told  # noqa: RUF001
    assert told("Thick: merged; thin: the others.") == "粗: 合并后；细: 其他。"  # noqa: RUF001


@pytest.mark.parametrize("joint", [", ", " and ", ": ", "; ", ". ", ") ("])
def test_a_text_of_many_pieces_is_none_of_ours(joint: str) -> None:
    texts = {"{a} of it{b}": "{a}{b}", "{a}, {b} of it": "{a}{b}", "{a}: {b} says": "{b}{a}"}
    hostile = joint.join(f"model part{number} of it" for number in range(400))
    assert Catalogue(texts).told(hostile) == hostile


def test_a_quotation_stays_as_it_is() -> None:
    assert TOLD("it said “to be or not to”") == "it said “to be or not to”"
    told = Catalogue({"the prompt that it was given said {text}": "提示是 {text}"}).told
    assert told("the prompt that it was given said to be or not") == "提示是 to be or not"


def test_a_hole_may_stand_there_twice() -> None:
    told = Catalogue({"cp {root} {root}/": "cp {root} {root}/", "{a} in {a}": "{a}={a}"}).told
    assert told("x in x") == "x=x"
    assert told("x in y") == "x in y"


def test_text_of_a_user_is_not_read_as_a_pattern() -> None:
    assert TOLD("it said “{text} (.*)”") == "它说: {text} (.*)"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        f'config.json says use_cache: "{" says x: 1, but y in z has " * 150}", and z rows',
        "Yes! " * 800,
        "It is. " * 600,
        "1 token " * 600,  # each of them within another one
    ],
)
def test_a_text_of_a_checkpoint_that_repeats_itself_keeps_nobody_waiting(text: str) -> None:
    catalogue_of(Language.CHINESE).told(text)


LONG = (
    "merged as shipped: not clearly slower or faster per token than source as shipped"
    " (means, 90 % interval 0.9 to 1.3): 266 ms (242 to 314) against 213 ms (179 to 236) per token"
    " (medians of 3 rounds, 12 tokens each); too unstable for a verdict: runs varied by 9.4 % and"
    " 23 %."
)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "about 6.68 s for 32 tokens → 3.46 s for 32 tokens, 3 rounds",
            "约 6.68 s，32 个 token → 3.46 s，32 个 token，3 轮",  # noqa: RUF001
        ),
        ("12 tokens (A), 128 tokens (B)", "12 个 token（A），128 个 token（B）"),  # noqa: RUF001
        (
            "load 8.2 on 2 cores · 1.11 GB taken by the run",
            "负载 8.2，2 个核 · 本次运行占用 1.11 GB",  # noqa: RUF001
        ),
        (
            "2.19 s because each token takes longer, 29.4 ms less before the first token",
            "2.19 s 因为每个 token 耗时更长，在第一个 token 之前少 29.4 ms",  # noqa: RUF001
        ),
        ("unlike in instrument.", "在测量工具上不同。"),
        (
            "unlike in CPU threads, prompt, dtype of merged, attention of source.",
            "在 CPU 线程数，提示，合并后模型的数据类型，源模型的注意力上不同。",  # noqa: RUF001
        ),
        (
            "“The harbour town of Ellen Bay had two l…” of 1041 characters, checksum f1189b6e",
            "“The harbour town of Ellen Bay had two l…”，共 1041 个字符，校验和 f1189b6e",  # noqa: RUF001
        ),
    ],
)
def test_no_figure_is_lost_and_no_word_torn_out(english: str, chinese: str) -> None:
    assert catalogue_of(Language.CHINESE).told(english) == chinese


def test_a_verdict_keeps_its_parts_in_their_places() -> None:
    told = catalogue_of(Language.CHINESE).told(LONG)
    first, second, *_ = (told.index(figure) for figure in ("266 ms", "213 ms", "9.4 %"))
    assert first < second < told.index("23 %")
    assert not re.search("[a-z]{2,}", told.replace("token", "").replace("ms", ""))


def test_a_name_in_chinese_keeps_the_blanks_around_it() -> None:
    told = Catalogue({"Compare it with {name}.": "与 {name} 比较。", "all": "全部"}).told
    assert told("Compare it with 我的运行.") == "与 我的运行 比较。"
    assert told("Compare it with all.") == "与全部比较。"
