"""The child that renders chat templates: programs from files that nobody vouches for.

It reads one JSON request and writes one JSON line for each template: a list of texts and errors.
It is set up as transformers is, and limits its own memory and time before it runs anything.
"""

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NoReturn

from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 200_000
"""Characters of a rendered conversation."""
_TODAY = datetime(2026, 1, 1, tzinfo=UTC)
"""One day for all, or else two templates would differ at midnight."""


class _Generation(Extension):
    """The ``generation`` block, which marks what an assistant wrote and writes nothing."""

    tags = {"generation"}  # noqa: RUF012 - as jinja declares it

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body).set_lineno(line)


def render(template: str, tokens: dict[str, str], calls: Iterable[dict[str, Any]]) -> list[Any]:
    """Return text and error of each call."""
    try:
        compiled = _environment().from_string(template)
    except Exception as error:  # noqa: BLE001 - whatever a template brings about
        return [["", f"line {_line(error)}{_said(error)}"] for _ in calls]
    return [_one(compiled, tokens, call) for call in calls]


def _one(compiled: Any, tokens: dict[str, str], call: dict[str, Any]) -> list[str]:  # noqa: ANN401
    arguments = {"tools": None, "documents": None, **tokens, **call}
    try:
        text = compiled.render(**json.loads(json.dumps(arguments)))
    except Exception as error:  # noqa: BLE001 - whatever a template brings about
        return ["", _said(error)]
    if len(text) > LONGEST:
        return ["", f"writes more than {LONGEST} characters for a short conversation"]
    return [text, ""]


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_Generation, "jinja2.ext.loopcontrols"],
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = _TODAY.strftime
    return environment


def _to_json(
    value: object,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Write plain JSON: jinja's own filter escapes for web pages."""
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _raise(message: object) -> NoReturn:
    raise TemplateError(str(message))


def _line(error: Exception) -> str:
    return f"{getattr(error, 'lineno', None) or '?'}: "


def _said(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "needs too much memory"
    kind = "" if isinstance(error, TemplateError) else f"{type(error).__name__}: "
    return (kind + str(error))[:300]


def _limit(seconds: int, memory: int) -> None:
    """Limit memory, time and files, where the system can."""
    with suppress(ImportError):
        import resource

        for kind, soft, hard in (
            (resource.RLIMIT_AS, memory, memory),
            (resource.RLIMIT_CPU, seconds, seconds + 1),
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_FSIZE, 0, 0),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (soft, hard))


def main() -> None:
    """Answer the request on stdin."""
    request = json.loads(sys.stdin.readline())
    _limit(request["seconds"], request["memory"])
    for job in request["templates"]:
        texts = render(job["template"], job["tokens"], request["calls"])
        sys.stdout.write(json.dumps(texts) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
