"""HTTP beside Streamlit: a run's events for whoever watches it, and its file.

The browser polls, so that watching costs no rerun of a script. Polling rather than server-sent
events: a browser keeps at most six HTTP/1.1 connections to a host over all its tabs, and one
more open stream would keep the next tab from loading.
"""

from functools import cache

import plotly.offline
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from slowlens.codec import encode
from slowlens_dashboard.measuring.eventlog import Entry
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.wording.language import Language, spoken, translated

EVENTS = "api/runs/{id}/events"
RUN_FILE = "api/runs/{id}.json"
DIGITS = 12
"""Of the place in a log, at most."""
PLOTLY = f"api/plotly-{plotly.offline.get_plotlyjs_version()}.js"


async def events(request: Request) -> Response:
    """Return what a viewer lacks, in its language: ``?from=120`` asks from the entry 120 on."""
    job = jobs().get(request.path_params["id"])
    if job is None:
        return JSONResponse({"events": [], "next": 0, "status": "gone"}, 404)
    status = job.status  # before the log: nothing can follow a final status
    given = request.query_params.get("from", "")
    cursor = int(given) if given.isdecimal() and len(given) <= DIGITS else 0
    into = spoken(request.query_params.get("language"))
    fresh = [_told(entry, into) for entry in job.log[cursor:]]
    body = {"events": fresh, "next": cursor + len(fresh), "status": status}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _told(entry: Entry, into: Language) -> Entry:
    """Tell what is said in a language; names and labels are in the page's own words."""
    match entry:
        case {"machine": [*looks]}:
            return entry | {"machine": [translated(look, into) for look in looks]}
        case {"failure": {"message": str(message), **rest}}:
            return entry | {"failure": {**rest, "message": translated(message, into)}}
        case _:
            return entry


async def run_file(request: Request) -> Response:
    """Return the stored run."""
    text = await run_in_threadpool(_encoded, request.path_params["id"])
    if not text:
        return PlainTextResponse("There is no such run on this server.", 404)
    return Response(text, media_type="application/json")


async def plotly_js(_request: Request) -> Response:
    """Return the library of the charts, from the installed package."""
    return Response(
        _plotly(),
        media_type="text/javascript",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


def _encoded(run_id: str) -> str:
    """Return a run as JSON, which may take longer than others should wait; empty without one."""
    run = jobs().find(run_id)
    return "" if run is None else encode(run)


@cache
def _plotly() -> bytes:
    script: str = plotly.offline.get_plotlyjs()
    return script.encode()


ROUTES = (
    Route(f"/{EVENTS}", events),
    Route(f"/{RUN_FILE}", run_file),
    Route(f"/{PLOTLY}", plotly_js),
)
