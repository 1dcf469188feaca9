"""The server of the page: bound to this machine, on the port asked for or the next that is free."""

import secrets
from collections.abc import Callable

from corpus_tools.adjudication.page.app import make_app
from corpus_tools.adjudication.page.guards import TOKEN_PARAMETER
from corpus_tools.adjudication.page.settings import PageSettings
from corpus_tools.adjudication.review import Review
from corpus_tools.serving import listen, run_server


def serve_page(
    review: Review, settings: PageSettings, *, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Serve a review until the process is interrupted.

    Parameters
    ----------
    port : int
        0 for any free one; a busy one gives way to the next that is free.
    announce : callable
        Called with the address of the page, its token included, once it is served.

    Raises
    ------
    Refused
        Where the host is no loopback address.
    UsageError
        Where no port is free.
    """
    listening, origin, hosts = listen(host, port)
    token = secrets.token_urlsafe(32)
    app = make_app(review, settings, token=token, hosts=hosts)
    announce(f"{origin}/?{TOKEN_PARAMETER}={token}")
    run_server(app, listening)
