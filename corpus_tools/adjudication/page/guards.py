"""What stands between the network and the page: only this machine, only this page, only small requests.

In: any request. Out: the application's answer with the headers that keep a browser strict, or a refusal before the
application sees anything: 403 for a foreign host, origin or a missing token, 405, 413, 408, 400.
"""

import asyncio
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus_tools.errors import Refused

TOKEN_HEADER = "x-review-token"
TOKEN_PARAMETER = "token"
MAX_BODY_BYTES = 1 << 18
BODY_SECONDS = 10.0

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_METHODS = ("GET", "HEAD", "POST")


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
        raise Refused(f"--host {host!r} is no loopback address; the page is for this machine alone") from error
    if not address.is_loopback:
        raise Refused(f"--host {host} is no loopback address; the page is for this machine alone")
    return str(address)


def list_hosts(host: str, port: int) -> frozenset[str]:
    """Return the Host headers that are this server's."""
    names = {"localhost", f"[{host}]" if ":" in host else host}
    return frozenset(f"{name}:{port}" for name in names)


class Guard:
    """Wrap an application so that it sees only requests of the page that it served.

    A page is asked for with the token in its address; whatever reads or changes data has it in a header, which no other
    site can make a browser send.
    """

    def __init__(self, app: ASGIApp, *, token: str, hosts: Iterable[str]) -> None:
        self.app = app
        self.token = token
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        guarded = _with_headers(send)
        refusal = self._check_request(scope)
        if refusal is None:
            body = await _read_body(receive, scope)
            refusal = body if isinstance(body, tuple) else None
        if refusal is not None:
            status, message = refusal
            await JSONResponse({"error": message}, status)(scope, receive, guarded)
            return
        await self.app(scope, _replay(body if isinstance(body, bytes) else b"", receive), guarded)

    def _check_request(self, scope: Scope) -> tuple[int, str] | None:
        """Return status and reason of a refusal, or None."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            return 403, "this page is served under its own address alone"
        origins = headers.getlist("origin")
        if any(origin != f"http://{hosts[0]}" for origin in origins) or (scope["method"] == "POST" and not origins):
            return 403, "requests come from the page itself alone"
        if not self._has_token(scope, headers):
            return 403, "the token of this run is missing; open the address that was printed"
        if scope["method"] not in _METHODS:
            return 405, "expected GET or POST"
        if scope["method"] == "POST" and headers.get("content-type", "").partition(";")[0] != "application/json":
            return 400, "expected application/json"
        return None

    def _has_token(self, scope: Scope, headers: Headers) -> bool:
        if scope["path"].startswith("/api/"):
            given = headers.getlist(TOKEN_HEADER)
        else:
            given = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=8).get(TOKEN_PARAMETER, [])
        return len(given) == 1 and secrets.compare_digest(given[0].encode(), self.token.encode())


async def _read_body(receive: Receive, scope: Scope) -> bytes | tuple[int, str]:
    """Return the whole body, or status and reason of a refusal: too large, too slow, gone."""
    stated = Headers(scope=scope).get("content-length", "0")
    if not stated.isdigit() or int(stated) > MAX_BODY_BYTES:
        return 413, f"at most {MAX_BODY_BYTES} bytes are taken"
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > MAX_BODY_BYTES:
                    return 413, f"at most {MAX_BODY_BYTES} bytes are taken"
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


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return send_guarded
