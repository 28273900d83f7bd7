"""Everything on a page of the dashboard that can be pressed and taken back again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Locator, Page
from shared.browsing import Answer, Server, answered, settled

MAIN = "[data-testid=stMain]"
PANEL = "[role=tabpanel]"
TOP = "[data-testid=stTopNavLink]"
KINDS = {
    "fold": "[data-testid=stExpander] summary",
    "switch": "[data-testid=stCheckbox] label",
    "choice": "[data-testid^=stBaseButton-pills]",
    "menu": "[data-testid=stPopoverButton]",
    "link": "[data-testid=stPageLink-NavLink]",
    "button": "[data-testid^=stBaseButton-]:not([data-testid*=pills])",
}
"""What can be pressed, and where it is found in a page or a tab of it."""
TWICE = ("fold", "switch", "choice")
"""What a second press takes back."""
ICON = re.compile(r"^[a-z0-9_]+ (?=[A-Z])| expand_more$|^[a-z0-9_]+_[a-z0-9_]+$")
"""The name of an icon, which is text to the browser."""
WRITES = ("Apply", "Write", "Undo", "Start", "Stop", "Measure", "Try", "Read every", "Delete")
"""How buttons begin that begin something: they are pressed in a story of their own."""
Pressed = tuple[str, Answer]


@dataclass(frozen=True, slots=True)
class Control:
    """One of them; ``place`` is its number among its kind below a root."""

    kind: str
    label: str
    place: int

    def on(self, root: Locator) -> Locator:
        """Find it again: a rerun may have put another element in its place."""
        return root.locator(KINDS[self.kind]).locator("visible=true").nth(self.place)


def press_all(page: Page, server: Server) -> Iterator[Pressed]:
    """Press everything on the page that is open, in each of its tabs and in its head."""
    address = page.url
    tabs = page.locator(f"{MAIN} [role=tab]")
    number = tabs.count()
    for place in [*range(1, number), *([0] if number else [])]:
        tab = tabs.nth(place)
        label = tab.inner_text()
        yield f"tab {label}", answered(page, server, tab.click)
        yield from _press(page, server, f"{label} > ", PANEL, address, ())
    inside = {c.label for c in _controls(page.locator(PANEL).first)} if number else set()
    yield from _press(page, server, "", MAIN, address, inside)


def press_links(page: Page, server: Server) -> Iterator[Pressed]:
    """Go to every other page and back."""
    links = page.locator(TOP)
    own = [link.get_attribute("aria-current") for link in links.all()]
    here = own.index("page") if "page" in own else 0
    for place in range(links.count()):
        name = " ".join(links.nth(place).inner_text().split()[1:])
        yield f"to {name}", answered(page, server, links.nth(place).click)
        if place != here:
            yield "and back", answered(page, server, links.nth(here).click)


def _press(
    page: Page, server: Server, where: str, root: str, address: str, but: set[str] | tuple[()]
) -> Iterator[Pressed]:
    here = page.locator(root).locator("visible=true").first
    for control in [*_controls(here)]:
        if control.label in but or not control.on(here).is_visible():
            continue
        name = f"{where}{control.kind} {control.label}"
        for _ in range(2 if control.kind in TWICE else 1):
            yield name, answered(page, server, control.on(here).click)
        _back(page, control, address)


def _controls(root: Locator) -> Iterator[Control]:
    """Yield what is visible below ``root`` and writes nothing."""
    for kind, where in KINDS.items():
        found = root.locator(where).locator("visible=true")
        for place, label in enumerate(found.all_inner_texts()):
            words = ICON.sub("", " ".join(label.split()))
            if words and not words.startswith(WRITES) and found.nth(place).is_enabled():
                yield Control(kind, words, place)


def _back(page: Page, control: Control, address: str) -> None:
    """Leave the page as it was."""
    if control.kind == "menu" or page.get_by_role("dialog").count():
        page.keyboard.press("Escape")
        settled(page)
    elif page.url.partition("?")[0] != address.partition("?")[0]:
        page.goto(address)
        settled(page)
