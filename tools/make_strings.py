"""Collect what the pages and the engine say into the catalogues of translations: ``make strings``.

A text is a literal or an f-string of the code, its holes named after what fills them. Which ones a
person may get to read is decided by the room they stand in and by their looks; one too many does no
harm: its translation is the text itself. What is translated already stays; what is gone from the
code goes.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from slowlens.rulepage import blocks, page
from slowlens.rules import RULES

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "dashboard" / "slowlens_dashboard" / "wording" / "locale"
ROOMS = ("core/slowlens", "dashboard/slowlens_dashboard")
SILENT = (
    "core/slowlens/cli/",
    "core/slowlens/data/",
    "core/slowlens/demo/",
    "core/slowlens/__init__.py",
    "core/slowlens/reports/github.py",
    "core/slowlens/reports/jsonl.py",
    "core/slowlens/reports/junit.py",
    "core/slowlens/reports/overview.py",
    "core/slowlens/reports/sarif.py",
    "core/slowlens/reports/speed_github.py",
    "core/slowlens/reports/speed_junit.py",
    "core/slowlens/reports/speed_text.py",
    "core/slowlens/reports/text.py",
)
"""Nobody reads these on a page."""
ALONE = (
    "all fixes + static-cache",
    "batch",
    "instrument",
    "processes",
    "processors",
    "saved",
    "tool",
    "version",
    "about",
    "about {figure}",
    "estimated",
    "means",
    "possibly {name}",
    "probably {name}",
    "{one} against {other}",
    "{part} GB/s and {part2} TFLOP/s in {dtype}, measured before",
)
"""What stands between two of the joints of a sentence."""
UNITS = ("kernels", "processors", "programs", "sequences", "tensors")
"""What evidence counts, in one word."""
COUNTED = ("error", "warning", "note")
"""Nouns that the code counts by a variable."""
CODE = {"compile", "getLogger", "import_module", "find_spec", "TypeVar"}
"""What is called with these is code."""
LOGS = {"logger", "logging"}
CODE_NAMES = {"key", "icon", "type", "css", "js", "html", "media_type", "language"}
"""Arguments that nobody reads."""
HEADS = re.compile(r"[A-Z][a-z]+$")
"""One word that begins a label: ``Stop``."""
WORDS = re.compile(r"[a-z]{2,}\W* \W*\w|\w\W* \W*[a-z]{2,}")
"""Two words side by side."""
NO_WORDS = re.compile(r"^\n|\\[wsSdb]|\(\?|:material/|^https?://|^[\w.]+(, ?[\w.]+)+$|^# noqa")
MEMBER = re.compile(r"[a-z]+([ -][a-z]+)*")
HOLE = re.compile(r"\{(?!(?:customdata|x|y)\})[^\W\d]\w*\}")


def texts() -> dict[str, list[str]]:
    """Return every text with the files that it stands in."""
    found: dict[str, set[str]] = {}
    for text, name in (*_of_code(), *_of_rules()):
        found.setdefault(text, set()).add(name)
    return {text: sorted(files) for text, files in sorted(found.items())}


def _of_code() -> Iterator[tuple[str, str]]:
    paths = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(SILENT):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from ((text, name) for text in _texts(tree))


def _of_rules() -> Iterator[tuple[str, str]]:
    """Yield the pages of the rules, and how findings are counted."""
    yield from ((text, "core/slowlens/facts/live/comparison.py") for text in ALONE)
    yield from ((f"{{number}} {unit}", "core/slowlens/findings.py") for unit in UNITS)
    for noun in COUNTED:
        yield from ((text, "core/slowlens/findings.py") for text in _numbers(noun))
    for rule in RULES:
        for block in blocks(page(rule)):
            text = block.removeprefix("## ").removeprefix("- ")
            if not text.startswith("https://"):
                yield text, f"core/slowlens/rules/{rule.id.replace('-', '_')}.py"


def update(old: Catalog) -> Catalog:
    """Return the catalogue of today's texts, with the translations that there were."""
    new = Catalog()
    for text, files in texts().items():
        known = old.get(text)
        new.add(text, known.string if known else "", locations=[(name, None) for name in files])
    return new


def _texts(tree: ast.Module) -> Iterator[str]:
    skipped = {id(node) for node in _unread(tree)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        match node:
            case ast.JoinedStr():
                yield from filter(_is_said, [_template(node)])
            case ast.Constant(value=str(text)) if _is_said(text):
                yield text
            case ast.ClassDef(bases=[ast.Name(id="StrEnum"), *_]):
                yield from _members(node)
            case ast.Call(func=ast.Name(id="counted"), args=[_, ast.Constant(value=str(noun))]):
                yield from _numbers(noun)
            case ast.Call(func=ast.Name(id="settings"), keywords=[_, *_] as settings):
                yield from (each.arg.replace("_", " ") for each in settings if each.arg)


def _numbers(noun: str) -> tuple[str, str]:
    return f"{{number}} {noun}", f"{{number}} {noun}s"


def _unread(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what is no text by itself: docstrings, parts of f-strings, names, logs."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                yield docstring
            case ast.JoinedStr(values=values):
                yield from _parts(values)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                yield from ast.walk(value)
            case ast.keyword(arg=name, value=value) if name in CODE_NAMES:
                yield from ast.walk(value)
            case ast.Call() if _is_code(node):
                yield from ast.walk(node)


def _parts(values: Iterable[ast.expr]) -> Iterator[ast.AST]:
    """Yield the words of an f-string, and how its holes are formatted; what fills them is read."""
    for value in values:
        yield value
        if isinstance(value, ast.FormattedValue) and value.format_spec:
            yield from ast.walk(value.format_spec)


def _is_code(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner)) if owner in LOGS:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in CODE
        case _:
            return False


def _template(node: ast.JoinedStr) -> str:
    """Write an f-string with a name for each of its holes, each another one."""
    parts: list[str] = []
    names: list[str] = []
    for value in node.values:
        match value:
            case ast.Constant(value=text):
                parts.append(str(text))
            case ast.FormattedValue(value=filler):
                name = _name(filler)
                names.append(name)
                number = names.count(name)
                parts.append(f"{{{name if number == 1 else f'{name}{number}'}}}")
    return "".join(parts)


def _name(filler: ast.expr) -> str:
    match filler:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().strip("_")
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in {
            "prose", "plain", "code", "sentence", "rounded", "_",
        }:  # fmt: skip
            return _name(inner)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name.lower().strip("_")
        case _:
            return "part"


def _members(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        match statement:
            case ast.Assign(value=ast.Constant(value=str(text))) if MEMBER.fullmatch(text):
                yield text


def _is_said(text: str) -> bool:
    words = HOLE.sub("0", text)
    return bool(HEADS.match(text) or WORDS.search(words)) and not NO_WORDS.search(words)


def main() -> None:
    """Bring every catalogue up to date, and say what it lacks."""
    for path in sorted(LOCALE.glob("*.po")):
        with path.open("rb") as file:
            catalogue = update(read_po(file))
        with path.open("wb") as file:
            write_po(file, catalogue, width=100, omit_header=True)
        lacking = sum(1 for message in catalogue if message.id and not message.string)
        print(f"{path.name}: {len(catalogue)} texts, {lacking} of them not translated")


if __name__ == "__main__":
    sys.exit(main())
