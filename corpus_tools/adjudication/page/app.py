"""The routes of the page: one page, its two assets, and what it asks for and sends as JSON.

In: a `Review`. Out: a Starlette application. Items are looked up by their ids in the review; no request names a file.
Each handler runs to its end before the next starts, so that what was seen is compared and logged in one step.
"""

import json
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from corpus_tools.adjudication.content import Content, parse_content
from corpus_tools.adjudication.deciding import Choice, decide_item, put_stage, undo_decision, write_note
from corpus_tools.adjudication.decisions import TAKE
from corpus_tools.adjudication.merge import Item
from corpus_tools.adjudication.page.changes import tell_changes, tell_queue
from corpus_tools.adjudication.page.guards import TOKEN_HEADER, TOKEN_PARAMETER, guard_page
from corpus_tools.adjudication.page.settings import PageSettings
from corpus_tools.adjudication.page.views import Page, list_sides, view_decision, view_item
from corpus_tools.adjudication.review import Review, refresh_document
from corpus_tools.errors import InputError, ItemChanged, ResourceExhausted, UsageError
from corpus_tools.storage import parse_json

ASSETS = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "drawing.js": "text/javascript",
    "editor.js": "text/javascript",
}
_PACKAGE = "corpus_tools.adjudication.page"

_Handler = Callable[[Request], Awaitable[Response]]
_Answer = Callable[[Page, dict[str, object]], dict[str, object]]


def make_app(review: Review, settings: PageSettings, *, token: str, hosts: Iterable[str]) -> ASGIApp:
    """Return the guarded application.

    Parameters
    ----------
    token : str
        What a request must bring.
    hosts : iterable of str
        The Host headers that are this server's, with the port.
    """
    page = Page(review, settings, len(review.log.rows))
    routes = [
        Route("/", _serve_page(page, token)),
        *(Route(f"/assets/{name}", _serve_asset(name)) for name in ASSETS),
        Route("/api/queue", _answer_queue(page)),
        Route("/api/items/{item_id}", _answer_item(page)),
        Route("/api/decide", _answer_post(page, _decide), methods=["POST"]),
        Route("/api/undo", _answer_post(page, _undo), methods=["POST"]),
        Route("/api/stage", _answer_post(page, _put_stage), methods=["POST"]),
        Route("/api/note", _answer_post(page, _write_note), methods=["POST"]),
    ]
    application = Starlette(routes=routes)
    application.router.redirect_slashes = False
    return guard_page(application, token=token, hosts=hosts)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader(_PACKAGE, "."), autoescape=True, undefined=StrictUndefined)


@cache
def _read_asset(name: str) -> str:
    return resources.files(_PACKAGE).joinpath(name).read_text("utf-8")


def _serve_page(page: Page, token: str) -> _Handler:
    async def serve(request: Request) -> Response:
        html = (
            _environment()
            .get_template("page.html")
            .render(
                project=page.review.project.root.name,
                token=token,
                token_header=TOKEN_HEADER,
                token_parameter=TOKEN_PARAMETER,
                reviewer=page.review.who,
                is_blind=page.settings.blind,
            )
        )
        return Response(html, media_type="text/html")

    return serve


def _serve_asset(name: str) -> _Handler:
    async def serve(request: Request) -> Response:
        return Response(_read_asset(name), media_type=ASSETS[name])

    return serve


def _answer_queue(page: Page) -> _Handler:
    async def answer(request: Request) -> Response:
        for doc_id in page.review.project.doc_ids:
            refresh_document(page.review, doc_id)
        return JSONResponse(tell_queue(page))

    return answer


def _answer_item(page: Page) -> _Handler:
    async def answer(request: Request) -> Response:
        item_id = request.path_params["item_id"]
        try:
            return JSONResponse(view_item(page, page.review.find(item_id)))
        except ItemChanged as error:
            return JSONResponse({"error": str(error)}, 404)

    return answer


def _answer_post(page: Page, act: _Answer) -> _Handler:
    async def answer(request: Request) -> Response:
        wanted: dict[str, object] = {}
        try:
            wanted = _parse_request(await request.body())
            return JSONResponse({**act(page, wanted), **tell_changes(page, wanted.get("known"))})
        except ItemChanged as error:
            return JSONResponse({"error": str(error), **_view_both(page, wanted)}, 409)
        except (UsageError, InputError) as error:
            return JSONResponse({"error": str(error)}, 400)
        except ResourceExhausted as error:
            return JSONResponse({"error": str(error)}, 507)

    return answer


def _parse_request(body: bytes) -> dict[str, object]:
    try:
        wanted = parse_json(body.decode("utf-8"), source="request")
    except UnicodeDecodeError as error:
        raise InputError("request: not UTF-8") from error
    if not isinstance(wanted, dict):
        raise InputError("request: expected an object")
    return wanted


def _view_both(page: Page, wanted: dict[str, object]) -> dict[str, object]:
    """Return what stands now beside what was wanted, for whoever comes second."""
    yours = {"choice": wanted.get("choice"), "side": wanted.get("side")}
    try:
        item = page.review.find(_text(wanted, "item"))
    except (ItemChanged, UsageError):
        return {"current": None, "yours": yours}
    row = page.review.log.standing.decision(item.id)
    return {"current": view_decision(page, item, row), "yours": yours, "seen": page.review.seen(item.id)}


def _decide(page: Page, wanted: dict[str, object]) -> dict[str, object]:
    item = page.review.find(_text(wanted, "item"))
    choice = _read_choice(page, item, wanted)
    rows = decide_item(
        page.review,
        item.id,
        choice,
        note=_text(wanted, "note", default=""),
        seen=_seen(wanted),
        identical=wanted.get("identical") is True,
    )
    return {"decided": [row.item for row in rows]}


def _read_choice(page: Page, item: Item, wanted: dict[str, object]) -> Choice:
    name = _text(wanted, "choice")
    taken: tuple[str, ...] = ()
    if name == TAKE:
        side = _text(wanted, "side")
        taken = tuple(annotator for letter, annotator in list_sides(page, item) if letter == side)
        if not taken:
            raise UsageError(f"the item has no side {json.dumps(side)}")
    return Choice(name, taken, _read_contents(wanted))


def _read_contents(wanted: dict[str, object]) -> tuple[Content, ...]:
    contents = wanted.get("contents", [])
    if not isinstance(contents, list) or len(contents) > 100:
        raise InputError("request: contents are a list of at most 100 annotations")
    return tuple(parse_content(each, source="request") for each in contents)


def _undo(page: Page, wanted: dict[str, object]) -> dict[str, object]:
    rows = undo_decision(page.review, item_id=_text(wanted, "item", default=""))
    return {"undone": [row.item for row in rows]}


def _put_stage(page: Page, wanted: dict[str, object]) -> dict[str, object]:
    row = put_stage(
        page.review,
        _text(wanted, "item"),
        _text(wanted, "stage"),
        reason=_text(wanted, "note", default=""),
        seen=_seen(wanted),
    )
    return {"stage": row.stage}


def _write_note(page: Page, wanted: dict[str, object]) -> dict[str, object]:
    row = write_note(page.review, _text(wanted, "item"), _text(wanted, "note"), seen=_seen(wanted))
    return {"note": row.note}


def _text(wanted: dict[str, object], name: str, *, default: str | None = None) -> str:
    value = wanted.get(name, default)
    if not isinstance(value, str):
        raise UsageError(f"request: expected text in {name}")
    return value


def _seen(wanted: dict[str, object]) -> int:
    seen = wanted.get("seen")
    if not isinstance(seen, int) or isinstance(seen, bool):
        raise UsageError("request: expected a number in seen")
    return seen
