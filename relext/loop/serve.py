"""`relext serve`: brat asks for the mentions of a text, and is answered; for this machine alone.

In: an annotator. Out: an application that takes a POST of plain text at `/`, as brat's server sends it, and a server
for it. A browser is never answered: whatever names an origin is refused, so no page that somebody visits can ask.
"""

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from corpus_tools.serving import (
    Guard,
    Refusal,
    find_host,
    listen,
    run_server,
)
from relext.loop.annotate import Annotator
from relext.loop.tagging import Lexicon, tag_text

MAX_BODY_BYTES = 4 << 20


def serve_tagger(
    annotator: Annotator, *, lexicon: Lexicon | None = None, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Answer brat's requests until the process is interrupted.

    Parameters
    ----------
    port : int
        0 for any free one; a busy one gives way to the next that is free.
    announce : callable
        Called with the address once it is served.

    Raises
    ------
    Refused
        Where the host is no loopback address.
    UsageError
        Where no port is free.
    """
    listening, origin, hosts = listen(host, port)
    announce(f"{origin}/")
    run_server(make_tagger(annotator, lexicon=lexicon, hosts=hosts), listening)


def format_tool_line(annotator: Annotator, url: str) -> str:
    """Return the line for the section [annotators] of brat's `tools.conf`."""
    name = "".join(letter if letter.isalnum() else "-" for letter in annotator.name)
    return f"{name} tool:relext, model:{name}, <URL>:{url}"


def make_tagger(annotator: Annotator, *, lexicon: Lexicon | None = None, hosts: Iterable[str]) -> ASGIApp:
    """Return the guarded application; one text at a time is read."""

    async def answer(request: Request) -> Response:
        try:
            text = (await request.body()).decode("utf-8")
        except UnicodeDecodeError as error:
            return JSONResponse({"error": f"not UTF-8 at byte {error.start}"}, 400)
        try:
            return JSONResponse(tag_text(annotator, text, lexicon=lexicon))
        except Exception as error:
            # Its message may quote the text: only its kind and place are told.
            return JSONResponse({"error": f"internal error {error.__class__.__name__} at {_find_place(error)}"}, 500)

    application = Starlette(routes=[Route("/", answer, methods=["POST"])])
    application.router.redirect_slashes = False
    own = frozenset(hosts)
    return Guard(application, check=lambda scope: _check_request(scope, own), max_body_bytes=MAX_BODY_BYTES)


def _check_request(scope: Scope, hosts: frozenset[str]) -> Refusal | None:
    """Return status and reason of a refusal, or None."""
    headers = Headers(scope=scope)
    if find_host(headers, hosts) is None:
        return 403, "the tagger is served under its own address alone"
    if "origin" in headers or "sec-fetch-site" in headers:
        return 403, "brat's server is answered, no browser"
    if scope["method"] != "POST":
        return 405, "expected POST"
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "text/plain":
        return 415, "expected text/plain"
    return None


def _find_place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
