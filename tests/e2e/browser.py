"""The browser of the e2e tests: found where one is installed, fetched where that is possible.

``python tests/e2e/browser.py`` prints its path; ``--install`` gets one first where none is found.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "SLOWLENS_CHROMIUM"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
MISSING = (
    "No browser for the browser tests was found. Install Chromium or Chrome, run "
    "`python -m playwright install --with-deps chromium`, or set "
    f"{VARIABLE} to the path of one."
)


def find_browser() -> Path | None:
    """Return a Chromium: the one that was named, an installed one, or Playwright's own."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    installed = (shutil.which(name) for name in NAMES)
    if found := next(filter(None, installed), None):
        return Path(found)
    return next((path for path in (*APPLICATIONS, *_from_playwright()) if path.is_file()), None)


def install_browser() -> Path | None:
    """Find one, else get one from the system's packages, else from Playwright."""
    if found := find_browser():
        return found
    for commands in (_apt(), ((sys.executable, "-m", "playwright", "install", "chromium"),)):
        done = commands and all(map(_succeeds, commands))
        if done and (found := find_browser()):
            return found
    return None


def _apt() -> tuple[tuple[str, ...], ...]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not root or not shutil.which("apt-get"):
        return ()
    quiet = ("apt-get", "-qq", "-o", "Dpkg::Use-Pty=0")
    wanted = ("install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core")
    return ((*quiet, "update"), (*quiet, *wanted))


def _succeeds(command: tuple[str, ...]) -> bool:
    print("Installing a browser for the tests:", " ".join(command), flush=True)
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, env=env, check=False, timeout=600).returncode == 0
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  failed: {error}")
        return False


def _from_playwright() -> tuple[Path, ...]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return ()
    with sync_playwright() as playwright:
        return (Path(playwright.chromium.executable_path),)


if __name__ == "__main__":
    browser = install_browser() if "--install" in sys.argv else find_browser()
    print(f"Browser for the tests: {browser}" if browser else f"{MISSING}\nThose tests skip.")
