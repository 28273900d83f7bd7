"""Pictures in prompts, on tiny models of each family."""

from pathlib import Path
from typing import Any

import pytest

from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.frozen import replace
from slowlens.measure.plan import GENERATED

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
Image = pytest.importorskip("PIL.Image")

from live import tiny, tiny_pictures  # noqa: E402
from live.measuring import measured  # noqa: E402
from slowlens.measure.worker.inputs import inputs_for, made_up_inputs  # noqa: E402
from slowlens.measure.worker.pictures import SIZE, generated, open_picture  # noqa: E402
from slowlens.measure.worker.tensors import Inputs, followed_by  # noqa: E402

CPU = torch.device("cpu")
V4 = transformers.__version__.startswith("4.")
TEXT = "What is red?"
LLAVA_TEMPLATE = (
    "{% for m in messages %}{% for part in m['content'] %}{% if part['type'] == 'image' %}<image>\n"
    "{% else %}USER: {{ part['text'] }}{% endif %}{% endfor %}{% endfor %}"
)
TEXT_ONLY = "{% for m in messages %}<|im_start|>{{ m['content'] }}{% endfor %}"
FAILING = "{{ raise_exception('one part only') }}"
each_family = pytest.mark.parametrize("family", tiny_pictures.HERE)


def loaded(folder: Path) -> Any:
    return transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()


def answers(model: Any, inputs: Inputs, *, cached: bool) -> tuple[list[int], list[int], list[bool]]:
    """Return the new tokens, the input length of each step, and whether it saw the pixels."""
    steps: list[tuple[int, bool]] = []

    def note(_: Any, __: Any, given: dict[str, Any]) -> None:
        steps.append((given["input_ids"].shape[1], given.get("pixel_values") is not None))

    hook = model.register_forward_pre_hook(note, with_kwargs=True)
    told = {"max_new_tokens": 4, "do_sample": False, "use_cache": cached, "eos_token_id": None}
    told["suppress_tokens"] = [*range(256, 264)]  # an answer must not hold marks of pictures
    tokens = model.generate(**inputs.tensors, **told)[0].tolist()
    hook.remove()
    return tokens[-4:], [length for length, _ in steps], [pixels for _, pixels in steps]


@each_family
def test_qwen_looks_at_a_picture_with_its_cache_and_without(family: str, tmp_path: Path) -> None:
    model = loaded(tiny_pictures.qwen(tmp_path, family))
    inputs = inputs_for(str(tmp_path), TEXT, GENERATED, CPU, model)
    length = inputs.tensors["input_ids"].shape[1]
    grid = inputs.tensors["image_grid_thw"].prod().item()
    assert inputs.image_tokens == grid // 4
    assert len(inputs.tensors["pixel_values"]) == grid
    cached, lengths, _ = answers(model, inputs, cached=True)
    assert lengths == [length, 1, 1, 1]
    uncached, lengths, pixels = answers(model, inputs, cached=False)
    assert lengths == [length, length + 1, length + 2, length + 3]
    assert cached == uncached
    assert pixels == [V4] * 4  # transformers 4 looks at the picture again for each token


@each_family
def test_the_prompt_is_a_turn_with_the_picture_in_it(family: str, tmp_path: Path) -> None:
    folder = tiny_pictures.qwen(tmp_path, family)
    inputs = inputs_for(str(folder), TEXT, GENERATED, CPU, loaded(folder))
    words = tiny_pictures.tokenizer()
    prompt = words.decode(inputs.tensors["input_ids"][0])
    marks = "<|image_pad|>" * inputs.image_tokens
    assert prompt == (
        f"<|im_start|>user\n<|vision_start|>{marks}<|vision_end|>{TEXT}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert inputs.tensors["attention_mask"].all()
    kinds = inputs.tensors.get("mm_token_type_ids")
    assert (kinds is None) is V4
    if kinds is not None:
        assert torch.equal(kinds == 1, inputs.tensors["input_ids"] == 261)


def test_the_budget_of_the_files_decides_how_many_tokens_a_picture_becomes(tmp_path: Path) -> None:
    counts = []
    for number, pixels in enumerate((28 * 28 * 64, 28 * 28 * 256)):
        folder = tmp_path / str(number)
        folder.mkdir()
        model = loaded(tiny_pictures.qwen(folder, "qwen2_5_vl", pixels))
        counts.append(inputs_for(str(folder), TEXT, GENERATED, CPU, model).image_tokens)
    assert 40 < counts[0] <= 64
    assert 200 < counts[1] <= 256


@pytest.mark.parametrize(
    ("template", "said"),
    [(None, "no chat template"), (TEXT_ONLY, "leaves pictures out"), (FAILING, "fails")],
)
def test_qwen_without_a_template_for_pictures(
    template: str | None, said: str, tmp_path: Path
) -> None:
    folder = tiny_pictures.qwen(tmp_path, "qwen2_5_vl", template=template)
    inputs = inputs_for(str(folder), TEXT, GENERATED, CPU, loaded(folder))
    assert said in inputs.notes[1]
    words = tiny_pictures.tokenizer()
    assert words.decode(inputs.tensors["input_ids"][0]).endswith(f"<|vision_end|>{TEXT}")
    assert inputs.image_tokens > 40


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (LLAVA_TEMPLATE, ""),
        (None, "no chat template"),
        (TEXT_ONLY, "leaves pictures out"),
        (FAILING, "fails"),
    ],
)
def test_a_processor_that_loads_is_used(template: str | None, said: str, tmp_path: Path) -> None:
    model = loaded(tiny_pictures.llava(tmp_path, template))
    inputs = inputs_for(str(tmp_path), TEXT, GENERATED, CPU, model)
    assert inputs.image_tokens == 4
    assert said in "".join(inputs.notes)
    assert bool(inputs.notes) is bool(said)
    prompt = tiny_pictures.tokenizer().decode(inputs.tensors["input_ids"][0])
    assert ("USER:" in prompt) is (template == LLAVA_TEMPLATE)
    cached, lengths, _ = answers(model, inputs, cached=True)
    assert lengths[1:] == [1, 1, 1]
    assert cached == answers(model, inputs, cached=False)[0]


@each_family
def test_a_longer_prompt_ends_in_the_tokens_that_were_added(family: str, tmp_path: Path) -> None:
    model = loaded(tiny_pictures.qwen(tmp_path, family))
    inputs = inputs_for(str(tmp_path), TEXT, GENERATED, CPU, model)
    first, *_ = answers(model, inputs, cached=True)
    longer = followed_by(inputs.tensors, first[:2])
    assert longer["input_ids"][0, -2:].tolist() == first[:2]
    assert longer["pixel_values"] is inputs.tensors["pixel_values"]
    shapes = {longer[name].shape for name in inputs.tensors if name in PER_PROMPT}
    assert len(shapes) == 1
    assert answers(model, Inputs(longer, inputs.image_tokens), cached=True)[0][:2] == first[2:]


PER_PROMPT = ("input_ids", "attention_mask", "mm_token_type_ids")


def test_pixels_are_of_the_type_of_the_model(tmp_path: Path) -> None:
    model = loaded(tiny_pictures.qwen(tmp_path, "qwen2_5_vl")).to(torch.bfloat16)
    inputs = inputs_for(str(tmp_path), TEXT, GENERATED, CPU, model)
    assert inputs.tensors["pixel_values"].dtype is torch.bfloat16
    assert inputs.tensors["input_ids"].dtype is torch.int64


@each_family
def test_a_made_up_prompt_with_a_picture(family: str, tmp_path: Path) -> None:
    model = loaded(tiny_pictures.qwen(tmp_path, family))
    picture = tmp_path / "small.png"
    Image.new("RGB", (224, 320)).save(picture)
    side = 32 if family == "qwen3_vl" else 28
    inputs = made_up_inputs(model, 10, str(picture), CPU)
    assert inputs.image_tokens == (224 // side) * (320 // side)
    assert inputs.tensors["input_ids"].shape[1] == inputs.image_tokens + 12
    cached, lengths, _ = answers(model, inputs, cached=True)
    assert lengths[1:] == [1, 1, 1]
    assert cached == answers(model, inputs, cached=False)[0]


def test_a_made_up_picture_becomes_as_many_tokens_as_a_read_one(tmp_path: Path) -> None:
    """The same family and the Hub's budget, read from the files and made up without them."""
    model = loaded(tiny_pictures.qwen(tmp_path, "qwen2_5_vl", 12_845_056))
    read = inputs_for(str(tmp_path), TEXT, GENERATED, CPU, model)
    made = made_up_inputs(model, 10, GENERATED, CPU)
    assert read.image_tokens == made.image_tokens == 46 * 34
    for name in ("pixel_values", "image_grid_thw"):
        assert read.tensors[name].shape == made.tensors[name].shape


def test_families_whose_pictures_cannot_be_made_up(tmp_path: Path) -> None:
    model = loaded(tiny_pictures.llava(tmp_path))
    with pytest.raises(WorkerError, match="no picture can be made up for model_type llava"):
        made_up_inputs(model, 10, GENERATED, CPU)


def test_a_text_model_takes_no_pictures(tmp_path: Path) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny.llama(tmp_path))
    with pytest.raises(WorkerError, match="text model: it takes no pictures") as caught:
        inputs_for(str(tmp_path), TEXT, GENERATED, CPU, model)
    assert "--image" in caught.value.hint
    with pytest.raises(WorkerError, match="text model: it takes no pictures"):
        made_up_inputs(model, 10, GENERATED, CPU)
    assert made_up_inputs(model, 10, "", CPU).image_tokens == 0


@pytest.mark.parametrize("family", ["qwen2_5_vl", "llava"])
def test_no_processor_files(family: str, tmp_path: Path) -> None:
    if family == "llava":
        model = loaded(tiny_pictures.llava(tmp_path))
    else:
        model = loaded(tiny_pictures.qwen(tmp_path, family))
    for file in ("preprocessor_config.json", "processor_config.json"):
        (tmp_path / file).unlink(missing_ok=True)
    with pytest.raises(WorkerError, match="cannot be prepared with the processor in") as caught:
        inputs_for(str(tmp_path), TEXT, GENERATED, CPU, model)
    assert "Copy preprocessor_config.json" in caught.value.hint


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    text, cut = tmp_path / "notes.png", tmp_path / "cut.png"
    text.write_text("not a picture")
    generated().save(cut)
    cut.write_bytes(cut.read_bytes()[:2000])
    for file in (text, cut, tmp_path, tmp_path / "missing.png"):
        with pytest.raises(WorkerError, match="picture") as caught:
            open_picture(str(file))
        assert "--image generated" in caught.value.hint


def test_a_picture_with_transparency_is_shown_without(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.new("RGBA", (50, 40), (1, 2, 3, 0)).save(file)
    picture = open_picture(str(file))
    assert (picture.mode, picture.size) == ("RGB", (50, 40))


def test_the_generated_picture_is_the_same_each_time_and_not_plain() -> None:
    one, two = open_picture(GENERATED), generated()
    assert one.size == SIZE
    assert one.tobytes() == two.tobytes()
    assert len(one.getcolors(maxcolors=2**24)) > 1000


@pytest.mark.parametrize("family", [*tiny_pictures.HERE, "llava"])
def test_a_long_run_meets_no_second_picture(family: str, tmp_path: Path) -> None:
    """What all trials go on with, once the model's own answer is over, is the prompt's text."""
    if family == "llava":
        tiny_pictures.llava(tmp_path, LLAVA_TEMPLATE)
    else:
        tiny_pictures.qwen(tmp_path, family)
    asked = Plan(
        str(tmp_path),
        prompt=TEXT,
        image=GENERATED,
        new_tokens=128,
        rounds=1,
        device="cpu",
        threads=1,
        answer_tokens=0,
        equality_tokens=0,
        settings=(Cache.ON, Cache.OFF),
    )
    found = measured(asked)
    assert found.failures == ()
    assert len(found.find(Subject.MERGED, Cache.OFF, Purpose.CURVE)) == 5
    full = replace(asked, new_tokens=70, settings=(Cache.OFF,))
    assert measured(full).failures == ()
