"""Who may ask the page: only this machine, only this page, only small requests.

In: any request. Out: the application's answer, or a refusal before the application sees anything: 403 for a foreign
host, origin or a missing token, 405, 413, 408, 400.
"""

import secrets
from collections.abc import Iterable
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Scope

from corpus_tools.serving import Guard, Refusal, find_host

TOKEN_HEADER = "x-review-token"
TOKEN_PARAMETER = "token"
MAX_BODY_BYTES = 1 << 18

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_METHODS = ("GET", "HEAD", "POST")


def guard_page(app: ASGIApp, *, token: str, hosts: Iterable[str]) -> Guard:
    """Wrap an application so that it sees only requests of the page that it served.

    A page is asked for with the token in its address; whatever reads or changes data has it in a header, which no other
    site can make a browser send.
    """
    own = frozenset(hosts)
    return Guard(
        app,
        check=lambda scope: _check_request(scope, token=token, hosts=own),
        max_body_bytes=MAX_BODY_BYTES,
        headers={"content-security-policy": CONTENT_SECURITY_POLICY},
    )


def _check_request(scope: Scope, *, token: str, hosts: frozenset[str]) -> Refusal | None:
    """Return status and reason of a refusal, or None."""
    headers = Headers(scope=scope)
    host = find_host(headers, hosts)
    if host is None:
        return 403, "this page is served under its own address alone"
    origins = headers.getlist("origin")
    if any(origin != f"http://{host}" for origin in origins) or (scope["method"] == "POST" and not origins):
        return 403, "requests come from the page itself alone"
    if not _has_token(scope, headers, token=token):
        return 403, "the token of this run is missing; open the address that was printed"
    if scope["method"] not in _METHODS:
        return 405, "expected GET or POST"
    if scope["method"] == "POST" and headers.get("content-type", "").partition(";")[0] != "application/json":
        return 400, "expected application/json"
    return None


def _has_token(scope: Scope, headers: Headers, *, token: str) -> bool:
    if scope["path"].startswith("/api/"):
        given = headers.getlist(TOKEN_HEADER)
    else:
        given = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=8).get(TOKEN_PARAMETER, [])
    return len(given) == 1 and secrets.compare_digest(given[0].encode(), token.encode())
