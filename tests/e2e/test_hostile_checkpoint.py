"""What a checkpoint, a link or a stored run says is text on every page, whatever it says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

import hostile
from builders import CONFIG, GENERATION_CONFIG, checkpoint, write_json
from e2e.conftest import Server
from pages import explained, slow_and_fast
from slowlens.baselines import default_baselines
from slowlens.checking import check, measured
from slowlens.facts.live.measurement import Status
from slowlens.labels import labels_of
from slowlens.redaction import Kind
from slowlens.store import default_store
from slowlens_dashboard.report import render
from slowlens_dashboard.reporting import prepared
from slowlens_dashboard.wording.language import Language

pytestmark = pytest.mark.browser

IMAGE = "![x](http://evil.invalid/x.png)"
TEXT = f"a`` {IMAGE} ``b <img src=http://evil.invalid/y.png> $x^2$ :material/bomb: :red[r] _i_"
TEXT += "<img src=x onerror=alert(1)><script>window.hurt=1</script>[l](javascript:alert(1))"
JOINED = f"config.json<|a`{IMAGE.replace(' ', '')}|>"
NAME = "`` ![x](http:evil.png) :red[r] $x^2$"
FOLDER = "a`` ![x](http:evil.png) ``b <img src=x> $x^2$ :streamlit: :red[r]"
DRAWN = (
    "img, .katex, [data-testid=stIconMaterial]:text-is('bomb'), [data-testid=stMarkdown] em,"
    "script, iframe, a[href^='javascript:' i], a[href*='://evil' i], [onerror]"
)
PAGES = ("", "diff", "live", "fixes", "history", "report")


@pytest.fixture(params=["chosen", "everywhere"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Hostile text in places that were chosen, or in every key and value of every file."""
    if request.param == "chosen":
        return chosen(tmp_path)
    return hostile.checkpoint(tmp_path / FOLDER, hostile.of(TEXT), NAME)


def chosen(tmp_path: Path) -> Path:
    config = {**CONFIG, "use_cache": False, "model_type": TEXT, TEXT: TEXT, "dtype": TEXT}
    config |= {"architectures": [TEXT], "unsloth_version": TEXT, "rope_scaling": {"type": TEXT}}
    written = {
        **GENERATION_CONFIG,
        "_from_model_config": True,
        "use_cache": False,
        "cache_implementation": JOINED,
        TEXT: {TEXT: [TEXT]},
        "eos_token_id": [2],
    }
    tokenizer = {
        "added_tokens_decoder": {"0": {"content": TEXT}, "2": {"content": JOINED}},
        "eos_token": TEXT,
        "chat_template": TEXT,
    }
    folder = checkpoint(tmp_path / FOLDER, config, written, tokenizer)
    adapter = {"peft_type": "LORA", "r": 8, "lora_alpha": 0, "base_model_name_or_path": TEXT}
    write_json(folder / "adapter_config.json", adapter)
    (folder / f"adapter_model{NAME}.safetensors").write_bytes(b"")
    (folder / f"optimizer{NAME}.pt").write_bytes(b"x")
    return folder


@pytest.fixture
def run_ids(folder: Path) -> list[str]:
    """Stored runs of that checkpoint that failed with words of their own, with name and note."""
    found = explained()
    failed = replace(
        found,
        status=Status.FAILED,
        error=f"{TEXT} {JOINED}",
        hint=TEXT,
        plan=replace(found.plan, prompt=TEXT),
        generations=tuple(replace(one, text=TEXT) for one in found.generations),
        failures=tuple(replace(one, message=TEXT, hint=TEXT) for one in found.failures),
    )
    runs = [measured(check(folder, folder), given) for given in (failed, slow_and_fast())]
    for run in runs:
        default_store().save(run)
        labels_of(default_store()).put(run.id, TEXT[:60], TEXT)
    default_baselines().save("base", runs[0])
    deleted = replace(runs[0], id="20250101-000000-000001")
    default_store().save(deleted)
    default_store().delete(deleted.id)
    return [run.id for run in runs]


@pytest.fixture
def addresses(server: Server, folder: Path, run_ids: list[str]) -> Iterator[str]:
    pair = urlencode({"merged": folder, "source": folder})
    run, other = run_ids
    queries = [*(f"{page}?{pair}" for page in PAGES), f"live?{pair}&run={run}", ""]
    queries += [f"{page}?{pair}&runtime=vllm" for page in ("", "fixes")]
    queries += [f"compare?run={run}&run={other}", f"report?run={run}"]
    queries += [f"live?{pair}&{urlencode({'run': TEXT})}", f"?{urlencode({'merged': TEXT})}"]
    return (f"{server.url}/{query}" for query in queries)


class Watched:
    """What a page asked for, showed in dialogs of the browser, or was not let do."""

    def __init__(self, page: Page, server: Server) -> None:
        self._server, self.asked, self.hurt = server, list[str](), list[str]()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("dialog", lambda dialog: (self.hurt.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: self._hear(message.text))

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.hurt.append(text)

    @property
    def foreign(self) -> list[str]:
        ours = (self._server.url, self._server.url.replace("http", "ws"), "data:", "blob:")
        evil = [url for url in self.asked if "evil" in url.split("?")[0]]
        return evil + [url for url in self.asked if not url.startswith(ours)]


def test_nothing_of_it_is_drawn_or_fetched(
    page: Page, addresses: Iterator[str], server: Server
) -> None:
    watched = Watched(page, server)
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        expect(page.get_by_test_id("stMain")).to_contain_text("a``")
        expect(page.get_by_text("could not be drawn")).to_have_count(0)
        unfold(page)
        nothing_drawn(page.get_by_test_id("stMain"))
        assert page.evaluate("window.hurt") is None
        assert watched.hurt == [], address
    assert watched.foreign == []


def test_a_report_of_it_that_is_opened_runs_and_fetches_nothing(
    page: Page, server: Server, run_ids: list[str], tmp_path: Path
) -> None:
    watched = Watched(page, server)
    run = default_store().load(run_ids[0])
    for kept in (frozenset[Kind](), frozenset(Kind)):
        report = tmp_path / "report.html"
        report.write_text(render(prepared(run, kept, Language.ENGLISH)))
        page.goto(report.as_uri())
        expect(page.locator("body")).to_contain_text("evil.invalid" if kept else "Slowlens")
        page.wait_for_timeout(500)
        expect(page.locator("[onerror], a[href^='javascript:' i], img[src*=evil]")).to_have_count(0)
        assert page.evaluate("window.hurt") is None
        assert watched.hurt == []
    assert [url for url in watched.asked if not url.startswith(("file:", "data:", "blob:"))] == []


def nothing_drawn(part: Locator) -> None:
    found = part.locator(DRAWN).evaluate_all("all => all.map(one => one.outerHTML.slice(0, 300))")
    assert found == [], "\n".join(found)


def open_all(page: Page) -> None:
    """Open what is folded, and what that brings to light."""
    for _ in range(40):
        page.wait_for_load_state("networkidle")
        expect(page.locator("[data-stale=true]")).to_have_count(0)
        folded = page.locator("[data-testid=stExpander] details:not([open]) > summary")
        if not (shown := folded.locator("visible=true")).count():
            return
        shown.first.click()
    raise AssertionError("something closes again")


def unfold(page: Page) -> None:
    """Look at what is behind tabs, switches and tooltips too."""
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_load_state("networkidle")
        open_all(page)
        nothing_drawn(page.get_by_test_id("stMain"))
    open_all(page)
    nothing_drawn(page.get_by_test_id("stMain"))
    if (others := page.get_by_role("button", name="Others")).is_visible():
        others.click()
        expect(page.locator("[data-testid=stPopoverBody]")).to_be_visible()
        nothing_drawn(page.locator("[data-testid=stPopoverBody]"))
        page.keyboard.press("Escape")
    for switch in page.get_by_test_id("stCheckbox").all():
        switch.locator("label").first.click()
    for tip in page.get_by_test_id("stTooltipHoverTarget").locator("visible=true").all():
        tip.hover()
        shown = page.get_by_test_id("stTooltipContent").first
        expect(shown).to_be_visible()
        nothing_drawn(shown)
        page.mouse.move(0, 0)
