"""Chat templates to text, in a child process that can do no harm."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec

from slowlens.errors import WorkerError
from slowlens.facts.reading import Merged, Reading, Source
from slowlens.facts.text.conversations import Conversation, conversations
from slowlens.facts.text.rendered import Rendered, Renderings, Text
from slowlens.facts.text.templates import CHATTING, chat_template, has_processor, special_tokens
from slowlens.facts.text.tokenizing import may_begin_twice, opens_with_bos
from slowlens.gather.rawfile import readable

_MODULE = "slowlens.gather.renderer"
_NAME = "the process that renders chat templates"
_SECONDS = 5
"""Of computing: the child limits itself to them."""
_PATIENCE = 4.0 * _SECONDS
"""Seconds on the clock, on a busy machine or where a child cannot limit itself."""
_MEMORY = 512_000_000
_LONGEST = 1_000_000
"""Characters of a template."""

_Job = tuple[Reading, str]


def read_rendered(merged: Merged, source: Source | None) -> Rendered | None:
    """Render the templates that a rule will ask for; None when none will."""
    if source is None:
        return None
    ours = tuple(dict.fromkeys(_wanted(merged, source)))
    theirs = tuple(dict.fromkeys(_wanted(source, merged)))
    jobs: list[_Job] = [(merged, text) for text in ours] + [(source, text) for text in theirs]
    if not jobs:
        return None
    if find_spec("jinja2") is None:
        return Rendered(problem="needs jinja2 to render chat templates: pip install jinja2")
    if any(len(text) > _LONGEST for _, text in jobs):
        return Rendered(problem=f"a chat template has more than {_LONGEST} characters")
    pictures = any(has_processor(reading.checkpoint) for reading, _ in jobs)
    calls = tuple(conversations((text for _, text in jobs), pictures=pictures))
    found, problem = _rendered(jobs, calls)
    return Rendered(
        dict(zip(ours, found, strict=False)),
        dict(zip(theirs, found[len(ours) :], strict=False)),
        problem,
    )


def _wanted(here: Reading, there: Reading) -> Iterator[str]:
    """Yield the templates of ``here`` that differ, and those that may begin a prompt twice."""
    for runtime in CHATTING:
        template = chat_template(here.checkpoint, runtime)
        other = chat_template(there.checkpoint, runtime)
        if template is None:
            continue
        differs = other is not None and other.text != template.text
        twice = may_begin_twice(here.checkpoint, runtime) and not opens_with_bos(template)
        if differs or (twice and not may_begin_twice(there.checkpoint, runtime)):
            yield template.text


def _rendered(jobs: Iterable[_Job], calls: Sequence[Conversation]) -> tuple[list[Renderings], str]:
    from slowlens.child import Child, python  # few templates differ: start fast

    found: list[Renderings] = []
    try:
        with Child(python(_MODULE), _request(jobs, calls), name=_NAME) as child:
            while (line := child.line(_PATIENCE)) is not None:
                texts = [Text(text, error) for text, error in json.loads(line)]
                found.append(dict(zip((call.case for call in calls), texts, strict=True)))
    except (WorkerError, ValueError) as error:
        limits = f"{_SECONDS} seconds and {readable(_MEMORY)} of memory"
        return found, f"a chat template could not be rendered in {limits}: {error}"
    return found, ""


def _request(jobs: Iterable[_Job], calls: Sequence[Conversation]) -> bytes:
    templates = [
        {"template": text, "tokens": special_tokens(reading.checkpoint)} for reading, text in jobs
    ]
    arguments: list[Mapping[str, object]] = [
        {"messages": call.messages, **call.arguments} for call in calls
    ]
    limits = {"seconds": _SECONDS, "memory": _MEMORY}
    request = {"templates": templates, "calls": arguments, **limits}
    return json.dumps(request).encode() + b"\n"
