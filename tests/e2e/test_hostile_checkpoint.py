"""What a checkpoint, a link or a stored run says is text on every page, whatever it says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from builders import CONFIG, GENERATION_CONFIG, checkpoint, write_json
from e2e.conftest import Server
from literals import generation, measurement
from slowlens.checking import check, measured
from slowlens.facts.live.measurement import Status
from slowlens.store import default_store

pytestmark = pytest.mark.browser

IMAGE = "![x](http://evil.invalid/x.png)"
TEXT = f"a`` {IMAGE} ``b <img src=http://evil.invalid/y.png> $x^2$ :material/bomb: :red[r] _i_"
JOINED = f"config.json<|a`{IMAGE.replace(' ', '')}|>"
NAME = "`` ![x](http:evil.png) :red[r] $x^2$"
FOLDER = "a`` ![x](http:evil.png) ``b <img src=x> $x^2$ :streamlit: :red[r]"
DRAWN = "img, .katex, [data-testid=stIconMaterial]:text-is('bomb'), [data-testid=stMarkdown] em"
PAGES = ("", "diff", "live", "fixes")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
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
def run_id(hostile: Path) -> str:
    """The id of a stored run of that checkpoint, which failed with words of its own."""
    given = replace(
        measurement(generation(0.4, 0.4, 0.4), generation(0.1, 0.1, 0.1)),
        status=Status.FAILED,
        error=f"{TEXT} {JOINED}",
        hint=TEXT,
    )
    run = measured(check(hostile, hostile), given)
    default_store().save(run)
    return run.id


@pytest.fixture
def addresses(server: Server, hostile: Path, run_id: str) -> Iterator[str]:
    pair = urlencode({"merged": hostile, "source": hostile})
    queries = [*(f"{page}?{pair}" for page in PAGES), f"live?{pair}&run={run_id}", ""]
    queries += [f"{page}?{pair}&runtime=vllm" for page in ("", "fixes")]
    queries += [f"live?{pair}&{urlencode({'run': TEXT})}", f"?{urlencode({'merged': TEXT})}"]
    return (f"{server.url}/{query}" for query in queries)


def test_nothing_of_it_is_drawn_or_fetched(
    page: Page, addresses: Iterator[str], server: Server
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        expect(page.get_by_test_id("stMain")).to_contain_text("a``")
        expect(page.get_by_text("could not be drawn")).to_have_count(0)
        unfold(page)
        expect(page.get_by_test_id("stMain").locator(DRAWN)).to_have_count(0)
    ours = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(ours)] == []
    assert not [url for url in asked if "evil" in url.split("?")[0]]


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
        expect(page.get_by_test_id("stMain").locator(DRAWN)).to_have_count(0)
    open_all(page)
    expect(page.get_by_test_id("stMain").locator(DRAWN)).to_have_count(0)
    if (others := page.get_by_role("button", name="Others")).is_visible():
        others.click()
        expect(page.locator("[data-testid=stPopoverBody]")).to_be_visible()
        expect(page.locator("[data-testid=stPopoverBody]").locator(DRAWN)).to_have_count(0)
        page.keyboard.press("Escape")
    for switch in page.get_by_test_id("stCheckbox").all():
        switch.locator("label").first.click()
    for tip in page.get_by_test_id("stTooltipHoverTarget").locator("visible=true").all():
        tip.hover()
        shown = page.get_by_test_id("stTooltipContent").first
        expect(shown).to_be_visible()
        expect(shown.locator(DRAWN)).to_have_count(0)
        page.mouse.move(0, 0)
