"""What tokenizers really do with their files, and what the rules say of them.

Runs under transformers 4 and 5; the files of the other version are written by hand.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2.exceptions import TemplateError

from slowlens.checking import check
from slowlens.diagnose import Outcome, Status
from slowlens.facts.runtimes import Runtime
from slowlens.facts.text.conversations import conversations
from slowlens.facts.text.templates import chat_template
from slowlens.facts.text.tokenizing import adds_bos, padding_side
from slowlens.findings import Finding, Severity
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.renderer import render
from slowlens.jsonvalue import ABSENT

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
HERE = Runtime.TRANSFORMERS_4 if MAJOR == 4 else Runtime.TRANSFORMERS_5
UNKNOWN = "[UNK]"
BOS, START, END, TEXT_END = "<s>", "<|im_start|>", "<|im_end|>", "<|endoftext|>"
SPECIAL = [TEXT_END, START, END, BOS]
TEXT = "hello world hello world hello world"
MESSAGES = [{"role": "user", "content": "hello world"}]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HEADERS = (
    "{{- bos_token }}\n{%- if messages[0].role == 'system' %}\n"
    "    {%- set about = messages[0].content | trim %}\n    {%- set rest = messages[1:] %}\n"
    "{%- else %}\n    {%- set about = '' %}\n    {%- set rest = messages %}\n{%- endif %}\n"
    "{{- '<|start_header_id|>system<|end_header_id|>\\n\\n' + about + '<|eot_id|>' }}\n"
    "{%- if tools is not none %}\n    {%- for tool in tools %}\n"
    "        {{- tool | tojson(indent=4) }}\n    {%- endfor %}\n{%- endif %}\n"
    "{%- for m in rest %}\n"
    "    {{- '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + m.content | trim }}\n"
    "    {{- '<|eot_id|>' }}\n{%- endfor %}\n"
    "{%- if add_generation_prompt %}\n    {{- '<|start_header_id|>assistant<|end_header_id|>\\n' }}"
    "\n{%- endif %}"
)
TURNS = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('no system role') }}{% endif %}{% for m in messages %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('order') }}"
    "{% endif %}{% set role = 'model' if m['role'] == 'assistant' else m['role'] %}"
    "<start_of_turn>{{ role }}\n{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
THINKS = (
    "{%- if tools %}\n    {{- '<|im_start|>system\\n' }}\n    {%- for tool in tools %}\n"
    '        {{- "\\n" ~ tool | tojson }}\n    {%- endfor %}\n    {{- "<|im_end|>\\n" }}\n'
    "{%- endif %}\n{%- set ns = namespace(last=messages|length - 1) %}\n"
    "{%- for m in messages[::-1] %}\n    {%- if m.role == 'user' %}\n"
    "        {%- set ns.last = messages|length - 1 - loop.index0 %}\n        {%- break %}\n"
    "    {%- endif %}\n{%- endfor %}\n{%- for m in messages %}\n"
    "    {{- '<|im_start|>' + m.role + '\\n' }}\n"
    "    {%- if m.role == 'assistant' %}\n        {%- generation %}\n"
    "        {{- m.content.split('</think>')[-1].lstrip('\\n') }}\n        {%- endgeneration %}\n"
    "    {%- else %}\n        {{- m.content }}\n    {%- endif %}\n"
    "    {{- '<|im_end|>\\n' }}\n{%- endfor %}\n"
    "{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n"
    "    {%- if enable_thinking is defined and enable_thinking is false %}\n"
    "        {{- '<think>\\n\\n</think>\\n\\n' }}\n    {%- endif %}\n{%- endif %}"
)
STYLES = {"chatml": CHATML, "headers": HEADERS, "turns": TURNS, "thinks": THINKS}
TEMPLATE_PROCESSING = {
    "type": "TemplateProcessing",
    "single": [
        {"SpecialToken": {"id": BOS, "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
    ],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {BOS: {"id": BOS, "ids": [8], "tokens": [BOS]}},
}
V5_CLASS = {"tokenizer_class": "TokenizersBackend", "backend": "tokenizers", "is_local": True}


def tokenizer(**more: Any) -> Any:
    """A word-level tokenizer with four special tokens behind five words."""
    words = [UNKNOWN, "hello", "world", "|", "im_end"]
    inner = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, unk_token=UNKNOWN)
    )
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    inner.add_special_tokens(
        [tokenizers.AddedToken(s, special=True, normalized=False) for s in SPECIAL]
    )
    roles = {"unk_token": UNKNOWN, "pad_token": TEXT_END, "bos_token": BOS, "eos_token": END}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, **{"chat_template": CHATML, **roles, **more}
    )


def save(folder: Path, tokens: Any = None) -> Path:
    """Save a tokenizer beside a config.json without which a folder is no checkpoint."""
    (tokens or tokenizer()).save_pretrained(folder)
    config = {"model_type": "llama", "vocab_size": 16, "eos_token_id": 7}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 7}))
    settings(folder, tokenizer_class="PreTrainedTokenizerFast")
    return folder


def copy(folder: Path, name: str) -> Path:
    return Path(shutil.copytree(folder, folder.parent / name))


def settings(folder: Path, **changes: Any) -> Path:
    """Change tokenizer_config.json; ``...`` deletes a key."""
    return edit(folder / "tokenizer_config.json", lambda values: values.update(changes))


def edit(file: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    values = json.loads(file.read_text())
    change(values)
    file.write_text(json.dumps({k: v for k, v in values.items() if v is not ...}))
    return file.parent


def load(folder: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(folder)


def outcome(rule: str, folder: Path, source: Path | None = None) -> Outcome:
    return next(o for o in check(folder, source).outcomes if o.rule == rule)


def findings(rule: str, folder: Path, source: Path | None = None) -> tuple[Finding, ...]:
    found = outcome(rule, folder, source)
    assert found.status in (Status.FOUND, Status.PASSED), found
    return found.findings


def patched(folder: Path, finding: Finding) -> Path:
    """Make the edits of a finding as a person with an editor would."""
    assert finding.fix is not None
    for change in finding.fix.edits:
        file = folder / change.file
        values = json.loads(file.read_text()) if file.exists() else {}
        (key,) = change.pointer
        values.pop(key, None)
        if change.after is not ABSENT:
            values[key] = change.after
        file.write_text(json.dumps(values))
    return folder


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    transformers.utils.logging.set_verbosity_error()
    return save(tmp_path_factory.mktemp("tokenizers") / "sound")


OWN = (
    "tokenizer-class-v5", "tokenizer-or-processor-files-lost", "chat-template-lost-or-changed",
    "chat-templates-disagree", "tokenizer-truncation-padding-persisted", "padding-side-right",
    "pad-token-changed", "model-max-length-shrunk", "slow-tokenizer", "bos-doubled",
)  # fmt: skip


def test_a_sound_save_is_silent(sound: Path) -> None:
    """A save of transformers 5 has neither special_tokens_map.json nor added_tokens.json."""
    assert [rule for rule in OWN if findings(rule, sound, sound)] == []
    for name in ("special_tokens_map.json", "added_tokens.json"):
        assert not (MAJOR == 5 and (sound / name).exists())
    bare = copy(sound, "bare")
    (bare / "special_tokens_map.json").unlink(missing_ok=True)
    settings(bare, added_tokens_decoder=...)
    assert load(bare)(TEXT + END)["input_ids"] == load(sound)(TEXT + END)["input_ids"]
    assert [rule for rule in OWN if findings(rule, bare, sound)] == []


@pytest.mark.parametrize(
    "changes",
    [
        V5_CLASS,
        {"extra_special_tokens": [START, END]},
        {"extra_special_tokens": []},
        {**V5_CLASS, "extra_special_tokens": [START, END]},
    ],
    ids=["class", "list", "empty list", "both"],
)
def test_what_only_transformers_5_loads(sound: Path, tmp_path: Path, changes: Any) -> None:
    folder = settings(Path(shutil.copytree(sound, tmp_path / "m")), **changes)
    (finding,) = findings("tokenizer-class-v5", folder)
    before = None
    if MAJOR == 4:
        with pytest.raises((ValueError, AttributeError, ImportError)):
            load(folder)
    else:
        before = load(folder)
    after = load(patched(folder, finding))
    assert findings("tokenizer-class-v5", folder) == ()
    if "tokenizer_class" in changes:
        assert list(after(TEXT)) == ["input_ids", "attention_mask"]
    assert after(TEXT + END)["input_ids"][-1] == 7
    extra = set(changes.get("extra_special_tokens", ()))
    assert extra <= set(after.all_special_tokens)
    if before is not None:
        assert type(before) is type(after)
        assert before.get_vocab() == after.get_vocab()
        assert set(before.all_special_tokens) == set(after.all_special_tokens)
        assert before(TEXT)["input_ids"] == after(TEXT)["input_ids"]


@pytest.mark.skipif(MAJOR == 4, reason="transformers 4 does not know the class before")
@pytest.mark.parametrize("family", ["llama", "mistral", "gemma2", "qwen2", "phi3", "granite"])
def test_the_general_class_is_the_same_in_transformers_5(
    sound: Path, tmp_path: Path, family: str
) -> None:
    folder = settings(Path(shutil.copytree(sound, tmp_path / "m")), **V5_CLASS)
    (folder / "config.json").write_text(json.dumps({"model_type": family}))
    before = load(folder)
    (finding,) = findings("tokenizer-class-v5", folder)
    after = load(patched(folder, finding))
    assert (type(before), before.padding_side) == (type(after), after.padding_side)
    assert before(TEXT + END)["input_ids"] == after(TEXT + END)["input_ids"]


@pytest.mark.parametrize("name", ["Qwen2Tokenizer", "PreTrainedTokenizer", "LlamaTokenizerFast"])
def test_classes_that_both_load(sound: Path, tmp_path: Path, name: str) -> None:
    folder = settings(Path(shutil.copytree(sound, tmp_path / "m")), tokenizer_class=name)
    assert load(folder)
    assert findings("tokenizer-class-v5", folder) == ()


def test_truncation_and_padding_are_saved(sound: Path, tmp_path: Path) -> None:
    tokens = tokenizer()
    tokens([TEXT], truncation=True, max_length=3, padding="max_length")
    folder = save(tmp_path / "cut", tokens)
    raw = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert len(raw.encode(TEXT).ids) == 3
    assert len(raw.encode("hello").ids) == 3
    assert len(load(folder)(TEXT)["input_ids"]) == 6
    (finding,) = findings("tokenizer-truncation-padding-persisted", folder, sound)
    assert "cuts every text after 3 tokens and fills every text up to 3" in finding.message
    patched(folder, finding)
    raw = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert len(raw.encode(TEXT).ids) == 6
    assert len(load(folder)(TEXT)["input_ids"]) == 6
    assert findings("tokenizer-truncation-padding-persisted", folder, sound) == ()


@pytest.mark.parametrize(
    ("jinja", "config", "legacy"),
    [
        ("J", None, None), (None, "C", None), ("J", "C", None), (None, None, "L"),
        ("J", None, "L"), (None, "C", "L"), (None, None, None),
        (None, [{"name": "default", "template": "D"}, {"name": "rag", "template": "R"}], None),
        (None, {"default": "D"}, None),
    ],
)  # fmt: skip
def test_which_template_wins(
    sound: Path, tmp_path: Path, jinja: str | None, config: Any, legacy: str | None
) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    settings(folder, chat_template=... if config is None else config)
    if jinja is not None:
        (folder / "chat_template.jinja").write_text(jinja)
    if legacy is not None:
        (folder / "chat_template.json").write_text(json.dumps({"chat_template": legacy}))
    predicted = chat_template(read_checkpoint(folder), HERE)
    tokens = load(folder)
    if predicted is None:
        with pytest.raises(ValueError, match="chat_template"):
            tokens.apply_chat_template(MESSAGES, tokenize=False)
        (finding,) = [
            f for f in findings("chat-template-lost-or-changed", folder, sound)
            if HERE in f.affects
        ]  # fmt: skip
        assert finding.severity is Severity.ERROR
        tokens = load(patched(folder, finding))
        assert "<|im_start|>user" in tokens.apply_chat_template(MESSAGES, tokenize=False)
    else:
        assert tokens.apply_chat_template(MESSAGES, tokenize=False) == predicted.text


@pytest.mark.parametrize("own", [None, "P"])
@pytest.mark.parametrize("legacy", [None, "L"])
@pytest.mark.parametrize("jinja", [None, "J"])
def test_which_template_wins_for_a_processor(
    tmp_path: Path, jinja: str | None, legacy: str | None, own: str | None
) -> None:
    from transformers.processing_utils import ProcessorMixin

    values = {"processor_class": "X"} | ({"chat_template": own} if own else {})
    (tmp_path / "processor_config.json").write_text(json.dumps(values))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer_config.json").write_text('{"chat_template": "C"}')
    if jinja is not None:
        (tmp_path / "chat_template.jinja").write_text(jinja)
    if legacy is not None:
        (tmp_path / "chat_template.json").write_text(json.dumps({"chat_template": legacy}))
    found, arguments = ProcessorMixin.get_processor_dict(str(tmp_path))
    template = found.get("chat_template") or arguments.get("chat_template")
    predicted = chat_template(read_checkpoint(tmp_path), HERE)
    assert template == (None if predicted is None else predicted.text)


def applied(tokens: Any, messages: list[Any], **arguments: Any) -> list[str]:
    """Return text and error of transformers."""
    try:
        return [tokens.apply_chat_template(messages, tokenize=False, **arguments), ""]
    except TemplateError as error:
        return ["", str(error)]


@pytest.mark.parametrize("style", STYLES)
def test_templates_render_as_transformers_renders_them(style: str) -> None:
    template = STYLES[style]
    tokens = tokenizer(chat_template=template)
    names = {"bos_token": BOS, "eos_token": END, "pad_token": TEXT_END, "unk_token": UNKNOWN}
    compared = 0
    for call in conversations([template], pictures=False):
        messages = [dict(m) for m in call.messages]
        (ours,) = render(template, names, [{"messages": messages, **call.arguments}])
        theirs = applied(tokens, messages, **call.arguments)
        assert ours == theirs
        compared += bool(theirs[0])
    assert compared >= 3


@pytest.mark.parametrize("style", ["headers", "turns", "thinks"])
def test_another_template_is_found(sound: Path, tmp_path: Path, style: str) -> None:
    folder = save(tmp_path / "m", tokenizer(chat_template=STYLES[style]))
    assert findings("chat-template-lost-or-changed", folder, sound)
    assert findings("chat-template-lost-or-changed", folder, folder) == ()
    again = save(tmp_path / "again", tokenizer(chat_template="{# c #}" + STYLES[style]))
    assert findings("chat-template-lost-or-changed", again, folder) == ()


def test_a_token_that_is_no_longer_added_is_split(sound: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    edit(
        folder / "tokenizer.json",
        lambda v: v.update(added_tokens=[t for t in v["added_tokens"] if t["content"] != END]),
    )
    settings(folder, added_tokens_decoder=..., eos_token=TEXT_END)
    (folder / "special_tokens_map.json").unlink(missing_ok=True)
    assert len(load(folder)("hello" + END)["input_ids"]) > 2
    assert load(sound)("hello" + END)["input_ids"] == [1, 7]
    (finding,) = findings("tokenizer-or-processor-files-lost", folder, sound)
    assert finding.severity is Severity.ERROR
    assert END in finding.message


def test_a_token_that_has_a_role_comes_back_behind_the_vocabulary(
    sound: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    edit(
        folder / "tokenizer.json",
        lambda v: v.update(added_tokens=[t for t in v["added_tokens"] if t["content"] != END]),
    )
    settings(folder, added_tokens_decoder=...)
    assert load(folder).eos_token_id != 7
    assert findings("tokenizer-or-processor-files-lost", folder, sound)


def test_no_tokenizer_at_all(sound: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    for name in ("tokenizer.json", "special_tokens_map.json", "tokenizer_config.json"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises((OSError, ValueError, TypeError, ImportError)):
        load(folder)
    (finding,) = findings("tokenizer-or-processor-files-lost", folder, sound)
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize("name", ["PreTrainedTokenizerFast", "LlamaTokenizer", "GemmaTokenizer",
                                  "Qwen2Tokenizer", "CohereTokenizer"])  # fmt: skip
@pytest.mark.parametrize("side", ["left", "right", None])
@pytest.mark.parametrize("left_over", [None, "Left", "Right"])
def test_the_side_of_padding(
    sound: Path, tmp_path: Path, name: str, side: str | None, left_over: str | None
) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    settings(folder, tokenizer_class=name, padding_side=... if side is None else side)
    padding = {"strategy": "BatchLongest", "direction": left_over, "pad_to_multiple_of": None,
               "pad_id": 5, "pad_type_id": 0, "pad_token": TEXT_END}  # fmt: skip
    edit(folder / "tokenizer.json", lambda v: v.update(padding=left_over and padding))
    assert load(folder).padding_side == padding_side(read_checkpoint(folder)).value


def test_padding_on_the_right_is_found(sound: Path, tmp_path: Path) -> None:
    left = save(tmp_path / "left", tokenizer(padding_side="left"))
    assert load(left)(["hello", TEXT], padding=True)["input_ids"][0][0] == 5
    assert load(sound)(["hello", TEXT], padding=True)["input_ids"][0][-1] == 5
    (finding,) = findings("padding-side-right", sound, left)
    folder = patched(Path(shutil.copytree(sound, tmp_path / "m")), finding)
    assert load(folder)(["hello", TEXT], padding=True)["input_ids"][0][0] == 5
    assert findings("padding-side-right", folder, left) == ()


def test_a_padding_token_that_is_gone(sound: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    settings(folder, pad_token=...)
    (folder / "special_tokens_map.json").unlink(missing_ok=True)
    with pytest.raises(ValueError, match="pad"):
        load(folder)(["hello", TEXT], padding=True)
    (finding,) = findings("pad-token-changed", folder, sound)
    assert load(patched(folder, finding)).pad_token_id == 5


def test_a_padding_token_beyond_the_vocabulary(sound: Path, tmp_path: Path) -> None:
    tokens = tokenizer()
    tokens.add_tokens([f"<{n}>" for n in range(9)])
    tokens.add_special_tokens({"pad_token": "[PAD]"})
    folder = save(tmp_path / "m", tokens)
    assert load(folder).pad_token_id == 18
    (finding,) = findings("pad-token-changed", folder, sound)
    assert finding.severity is Severity.ERROR
    assert load(patched(folder, finding)).pad_token_id == 5
    end = save(tmp_path / "end", tokenizer(pad_token=END))
    assert findings("pad-token-changed", end, sound) == ()


def test_the_longest_prompt(sound: Path, tmp_path: Path) -> None:
    short = save(tmp_path / "short", tokenizer(model_max_length=3))
    assert len(load(short)(TEXT, truncation=True)["input_ids"]) == 3
    assert len(load(short)(TEXT)["input_ids"]) == 6
    (finding,) = findings("model-max-length-shrunk", short, sound)
    assert len(load(patched(short, finding))(TEXT, truncation=True)["input_ids"]) == 6


@pytest.mark.parametrize("flag", [..., True, False, None])
@pytest.mark.parametrize("post", [None, TEMPLATE_PROCESSING])
@pytest.mark.parametrize("name", ["PreTrainedTokenizerFast", "LlamaTokenizer", "GemmaTokenizer",
                                  "CohereTokenizer", "Qwen2Tokenizer", "GPT2Tokenizer",
                                  "GPTNeoXTokenizer", "CodeLlamaTokenizer"])  # fmt: skip
def test_who_adds_the_begin_token(
    sound: Path, tmp_path: Path, name: str, post: Any, flag: Any
) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    settings(folder, tokenizer_class=name, add_bos_token=flag)
    edit(folder / "tokenizer.json", lambda v: v.update(post_processor=post))
    ids = load(folder)("hello")["input_ids"]
    assert (8 in ids) is adds_bos(read_checkpoint(folder), HERE)


def test_a_prompt_that_begins_twice(sound: Path, tmp_path: Path) -> None:
    once = save(tmp_path / "once", tokenizer(chat_template=HEADERS))
    folder = save(tmp_path / "twice", tokenizer(chat_template=HEADERS))
    edit(folder / "tokenizer.json", lambda v: v.update(post_processor=TEMPLATE_PROCESSING))
    tokens = load(folder)
    text = tokens.apply_chat_template(MESSAGES, tokenize=False)
    assert tokens(text)["input_ids"][:2] == [8, 8]
    assert tokens(text, add_special_tokens=False)["input_ids"].count(8) == 1
    (finding,) = findings("bos-doubled", folder, once)
    assert HERE in finding.affects
    assert findings("bos-doubled", folder, folder) == ()
    assert findings("bos-doubled", once, folder) == ()


def test_a_tokenizer_without_tokenizer_json(sound: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    (folder / "tokenizer.json").unlink()
    words = {w: i for i, w in enumerate(["h", "e", "l", "o", "he", "llo", "hello", TEXT_END])}
    (folder / "vocab.json").write_text(json.dumps(words))
    (folder / "merges.txt").write_text("#version: 0.2\nh e\n")
    settings(folder, tokenizer_class="GPT2Tokenizer")
    tokens = load(folder)
    (finding,) = findings("slow-tokenizer", folder, sound)
    assert finding.severity is Severity.NOTE
    tokens.save_pretrained(folder)
    assert (folder / "tokenizer.json").exists()
    assert findings("slow-tokenizer", folder, sound) == ()
    assert load(folder)("hello")["input_ids"] == tokens("hello")["input_ids"]


def test_padding_that_the_embedding_does_not_have(sound: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    folder = Path(shutil.copytree(sound, tmp_path / "m"))
    config = transformers.LlamaConfig(
        vocab_size=16, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, bos_token_id=8, eos_token_id=7,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    (folder / "generation_config.json").write_text('{"eos_token_id": 7}')
    assert findings("pad-token-changed", folder, sound) == ()
    edit(folder / "generation_config.json", lambda v: v.update(pad_token_id=16))
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    batch = torch.tensor([[1, 2], [2, 3], [3, 4]])
    ids = model(batch).logits[:, -1].argmax(-1).tolist()
    assert len(set(ids)) > 1, "the answers of the batch should differ"
    model.generation_config.eos_token_id = ids[0]
    with pytest.raises(IndexError):
        model.generate(batch, attention_mask=torch.ones_like(batch), max_new_tokens=3)
    (finding,) = findings("pad-token-changed", folder, sound)
    assert finding.evidence[0].file == "generation_config.json"  # type: ignore[union-attr]
    edit(folder / "config.json", lambda v: v.update(pad_token_id=16))
    with pytest.raises(AssertionError, match="num_embeddings"):
        transformers.AutoModelForCausalLM.from_pretrained(folder)
    for found in findings("pad-token-changed", folder, sound):
        patched(folder, found)
    transformers.AutoModelForCausalLM.from_pretrained(folder)
    assert findings("pad-token-changed", folder, sound) == ()
