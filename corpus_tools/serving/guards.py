"""What stands between the network and an application: only this machine, only what the application checks, only small.

In: any request. Out: the application's answer with the headers that keep a browser strict, or a refusal before the
application sees anything: 413 and 408 for a body too large or too slow, and what the application's own check says.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus_tools.errors import Refused

BODY_SECONDS = 10.0
Refusal = tuple[int, str]  # status and reason

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def check_host(host: str) -> str:
    """Return a loopback address as it is bound.

    Raises
    ------
    Refused
        Where the host is anything else: clinical text never leaves this machine.
    """
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise Refused(f"--host {host!r} is no loopback address; what is served is for this machine alone") from error
    if not address.is_loopback:
        raise Refused(f"--host {host} is no loopback address; what is served is for this machine alone")
    return str(address)


def list_hosts(host: str, port: int) -> frozenset[str]:
    """Return the Host headers that are this server's."""
    names = {"localhost", f"[{host}]" if ":" in host else host}
    return frozenset(f"{name}:{port}" for name in names)


def find_host(headers: Headers, hosts: Iterable[str]) -> str | None:
    """Return a request's Host header where it is one, and this server's; else None."""
    given = headers.getlist("host")
    return given[0] if len(given) == 1 and given[0] in frozenset(hosts) else None


class Guard:
    """Wrap an application so that it sees only requests that pass a check and have a body of bounded size.

    Parameters
    ----------
    check : callable of Scope
        Returns status and reason of a refusal, or None.
    headers : mapping of str to str
        What every answer has beside the usual ones.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        check: Callable[[Scope], Refusal | None],
        max_body_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.app = app
        self.check = check
        self.max_body_bytes = max_body_bytes
        self.headers = {**_HEADERS, **(headers or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        guarded = _with_headers(send, self.headers)
        refusal = self.check(scope)
        if refusal is None:
            body = await _read_body(receive, scope, limit=self.max_body_bytes)
            refusal = body if isinstance(body, tuple) else None
        if refusal is not None:
            status, message = refusal
            await JSONResponse({"error": message}, status)(scope, receive, guarded)
            return
        await self.app(scope, _replay(body if isinstance(body, bytes) else b"", receive), guarded)


async def _read_body(receive: Receive, scope: Scope, *, limit: int) -> bytes | tuple[int, str]:
    """Return the whole body, or status and reason of a refusal: too large, too slow, gone."""
    stated = Headers(scope=scope).get("content-length", "0")
    if not stated.isdigit() or int(stated) > limit:
        return 413, f"at most {limit} bytes are taken"
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > limit:
                    return 413, f"at most {limit} bytes are taken"
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return 408, "the request did not arrive in time"


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the body once, then what the connection says."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _with_headers(send: Send, added: Mapping[str, str]) -> Callable[[Message], Awaitable[None]]:
    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.encode(), value.encode()) for name, value in added.items()]
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return send_guarded
