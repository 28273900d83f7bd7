"""A picture and a text as one turn of a chat."""

from typing import Any

from slowlens.measure.worker.oneline import one_line

_PLAIN = "the prompt is the picture and plain text"


def prompts(renderer: Any, text: str, plain: str) -> list[tuple[str, tuple[str, ...]]]:  # noqa: ANN401
    """Return the prompts to try, best first, each with what there is to say about it.

    ``renderer`` has the chat template: a processor or a tokenizer. ``plain`` needs none. A
    template for text alone may lose the picture, or fail.
    """
    if not getattr(renderer, "chat_template", None):
        return [(plain, (f"no chat template: {_PLAIN}",))]
    turns = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": text}]}]
    try:
        shown = renderer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    except Exception as error:  # noqa: BLE001 - templates are programs of strangers
        why = one_line(error, 160)
        return [(plain, (f"its chat template fails ({why}): {_PLAIN}",))]
    return [(shown, ()), (plain, (f"its chat template leaves pictures out: {_PLAIN}",))]
