"""The fixed conversations that chat templates are rendered with."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from slowlens.frozen import dataclass
from slowlens.jsonvalue import Json

Message = Mapping[str, Json]
SWITCH = "enable_thinking"

_SYSTEM: Message = {"role": "system", "content": "You answer in one word."}
_QUESTION: Message = {"role": "user", "content": "What is the capital of France?"}
_ANSWER: Message = {"role": "assistant", "content": "Paris."}
_SECOND: Message = {"role": "user", "content": "And that of Italy?"}
_PICTURE: Message = {
    "role": "user",
    "content": [{"type": "image"}, {"type": "text", "text": "What is this?"}],
}
_TOOL: Json = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Returns the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


class Case(StrEnum):
    """What is asked of a template."""

    QUESTION = "a question"
    SYSTEM = "a question with a system message"
    TURNS = "several turns"
    UNPROMPTED = "a question without generation prompt"
    TOOL = "a question with a tool"
    PICTURE = "a question with a picture"
    THINKING = "a question with enable_thinking true"
    NOT_THINKING = "a question with enable_thinking false"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a template is called with."""

    case: Case
    messages: tuple[Message, ...]
    arguments: Mapping[str, Json]


def conversations(templates: Iterable[str], *, pictures: bool) -> Iterator[Conversation]:
    """Yield what ``templates`` should be compared with: only what one of them knows."""
    prompt: Mapping[str, Json] = {"add_generation_prompt": True}
    known = "\n".join(templates)
    yield Conversation(Case.QUESTION, (_QUESTION,), prompt)
    yield Conversation(Case.SYSTEM, (_SYSTEM, _QUESTION), prompt)
    yield Conversation(Case.TURNS, (_QUESTION, _ANSWER, _SECOND), prompt)
    yield Conversation(Case.UNPROMPTED, (_QUESTION,), {"add_generation_prompt": False})
    if "tools" in known:
        yield Conversation(Case.TOOL, (_QUESTION,), {**prompt, "tools": [_TOOL]})
    if pictures:
        yield Conversation(Case.PICTURE, (_PICTURE,), prompt)
    if SWITCH in known:
        yield Conversation(Case.THINKING, (_QUESTION,), {**prompt, SWITCH: True})
        yield Conversation(Case.NOT_THINKING, (_QUESTION,), {**prompt, SWITCH: False})
