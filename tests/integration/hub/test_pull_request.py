"""``slowlens export ORG/NAME --pull-request``, against a hub of this machine."""

import base64
import json
from typing import Any

import pytest

from hub import COMMIT, ID, TOKEN, Handler, Hub
from slowlens.cli import main


def export(*options: str) -> int:
    return main(["export", ID, "--pull-request", *options])


def committed(hub: Hub) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the head of the commit that was sent, and its files."""
    (body,) = (body for path, _, body in hub.posted if "/commit/" in path)
    head, *files = (json.loads(line)["value"] for line in body.splitlines())
    return head, {file["path"]: base64.b64decode(file["content"]) for file in files}


def test_it_is_shown_first_and_nothing_is_sent(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export() == 0
    text = capsys.readouterr().out
    assert text.startswith(
        f"A pull request to {ID} at {COMMIT[:8]}:\n\nTurn the key-value cache on"
    )
    assert '+  "use_cache": true' in text
    assert "(`gen-use-cache-false`)" in text
    assert text.endswith("Nothing was sent. To open it: add --send\n")
    assert hub.posted == []


def test_it_is_opened_with_the_files_that_were_shown(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert export("--send") == 0
    assert capsys.readouterr().out.endswith(f"Opened {hub.url}/{ID}/discussions/7\n")
    head, files = committed(hub)
    assert head["parentCommit"] == COMMIT
    assert head["summary"] == "Turn the key-value cache on"
    assert files.keys() == {"config.json", "generation_config.json"}
    assert json.loads(files["generation_config.json"])["use_cache"] is True
    assert {query for path, query, _ in hub.posted if "/commit/" in path} == {"create_pr=1"}
    assert f"Bearer {TOKEN}" in hub.tokens


def test_who_is_not_logged_in_is_told_how(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("--send") == 2
    assert "You are not logged in to the hub" in capsys.readouterr().err
    assert hub.posted == []


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, f"The hub does not let this account write to {ID}"),
        (412, f"{ID} has changed on the hub meanwhile"),
        (400, "The hub did not take the pull request: "),
    ],
)
def test_what_the_hub_refuses(
    status: int,
    message: str,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refusing(handler: Handler) -> bool:
        if handler.command == "POST" and "/commit/" in handler.path:
            handler.refuse(status, "", "no")
            return True
        return False

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.odd = refusing
    assert export("--send") == 2
    error = capsys.readouterr().err
    assert message in error
    assert "internal error" not in error


def test_a_folder_is_no_model_of_the_hub(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(hub.models[ID]), "--pull-request"]) == 2
    assert "slowlens export ORG/NAME --pull-request" in capsys.readouterr().err
