"""Everything on a page of the dashboard that can be pressed and taken back again."""

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Locator, Page
from shared.browsing import settled

MAIN = "[data-testid=stMain]"
KINDS = {
    "fold": "[data-testid=stExpander] summary",
    "switch": "[data-testid=stCheckbox] label",
    "choice": "[data-testid^=stBaseButton-pills]",
    "menu": "[data-testid=stPopoverButton]",
    "link": "[data-testid=stPageLink-NavLink]",
    "button": "[data-testid^=stBaseButton-]:not([data-testid*=pills])",
}
"""What can be pressed, and where it is found in a page or a tab of it."""
WRITES = ("Apply", "Write", "Undo", "Start", "Stop", "Measure", "Try", "Read every", "Delete")
"""How buttons begin that begin something: they are pressed in a story of their own."""


@dataclass(frozen=True, slots=True)
class Control:
    """One of them; ``place`` is its number among its kind below ``root``."""

    kind: str
    label: str
    place: int

    def on(self, root: Locator) -> Locator:
        """Find it again: a rerun may have put another element in its place."""
        return root.locator(KINDS[self.kind]).locator("visible=true").nth(self.place)


def controls(root: Locator) -> Iterator[Control]:
    """Yield what is visible below ``root`` and writes nothing."""
    for kind, where in KINDS.items():
        found = root.locator(where).locator("visible=true")
        for place, label in enumerate(found.all_inner_texts()):
            words = " ".join(label.split()[1:] if kind in ("fold", "menu", "link") else label.split())
            if not words.startswith(WRITES) and not (kind == "button" and not label):
                yield Control(kind, words or label, place)


def back(page: Page, control: Control, address: str) -> bool:
    """Take a press back; whether doing so is a click like the press itself."""
    if control.kind in ("fold", "switch", "choice"):
        return True
    if control.kind == "menu" or page.get_by_role("dialog").count():
        page.keyboard.press("Escape")
    elif page.url != address:
        page.goto(address)
    settled(page)
    return False
