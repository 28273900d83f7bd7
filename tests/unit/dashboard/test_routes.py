import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from builders import checkpoint
from sessions import EVENTS, Session
from slowlens.facts.live.plan import Plan
from slowlens.store import Store
from slowlens_dashboard.measuring.eventlog import Entry
from slowlens_dashboard.measuring.jobs import Jobs
from slowlens_dashboard.serving import routes
from slowlens_dashboard.wording.language import Language


def get(route: Any, run_id: str, query: str = "") -> Response:
    scope = {
        "type": "http",
        "method": "GET",
        "headers": [],
        "query_string": query.encode(),
        "path_params": {"id": run_id},
    }
    response: Response = asyncio.run(route(Request(scope)))
    return response


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    jobs = Jobs(Store(tmp_path / "runs"), Session(*EVENTS))
    monkeypatch.setattr(routes, "jobs", lambda: jobs)
    return jobs


@pytest.fixture
def run_id(jobs: Jobs, tmp_path: Path) -> str:
    job = jobs.start(Plan(str(checkpoint(tmp_path / "m")), prompt="p"))
    job.join()
    return job.id


def test_a_late_viewer_gets_everything_and_then_nothing_new(run_id: str) -> None:
    first = json.loads(get(routes.events, run_id).body)
    assert len(first["events"]) == first["next"] == len(EVENTS)
    assert first["status"] == "done"
    again = json.loads(get(routes.events, run_id, f"from={first['next']}").body)
    assert again == {"events": [], "next": first["next"], "status": "done"}


def test_a_cursor_in_the_middle(run_id: str) -> None:
    body = json.loads(get(routes.events, run_id, "from=4").body)
    assert [event["event"] for event in body["events"]] == ["TrialFinished", "Finished"]


@pytest.mark.parametrize("query", ["from=-3", "from=x", "from=", "", f"from={'9' * 5000}"])
def test_an_odd_cursor_is_the_beginning(run_id: str, query: str) -> None:
    assert len(json.loads(get(routes.events, run_id, query).body)["events"]) == len(EVENTS)


def test_unknown_runs(jobs: Jobs) -> None:
    assert json.loads(get(routes.events, "x").body)["status"] == "gone"
    assert get(routes.run_file, "x").status_code == 404
    assert get(routes.run_file, "../x").status_code == 404


def test_the_run_file(run_id: str) -> None:
    assert json.loads(get(routes.run_file, run_id).body)["id"] == run_id


def test_what_is_said_of_the_machine_and_of_failures_is_told_in_the_language_of_the_page() -> None:
    looks: Entry = {"event": "Sampled", "machine": ("3 other programs", "45 °C")}
    assert routes._told(looks, Language.CHINESE)["machine"] == ["3 个其他程序", "45 °C"]
    failed: Entry = {"event": "TrialFailed", "failure": {"message": "out of memory", "free": 1}}
    assert routes._told(failed, Language.CHINESE)["failure"] == {"message": "内存不足", "free": 1}
    assert routes._told(looks, Language.ENGLISH)["machine"] == ["3 other programs", "45 °C"]
    assert routes._told({"event": "Finished"}, Language.CHINESE) == {"event": "Finished"}
