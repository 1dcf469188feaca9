"""The server of the page: bound to this machine, on the port asked for or the next that is free."""

import secrets
import socket
from collections.abc import Callable

import uvicorn

from corpus_tools.adjudication.page.app import make_app
from corpus_tools.adjudication.page.guards import TOKEN_PARAMETER, check_host, list_hosts
from corpus_tools.adjudication.page.settings import PageSettings
from corpus_tools.adjudication.review import Review
from corpus_tools.errors import UsageError

PORTS_TRIED = 20
MAX_HEADER_BYTES = 1 << 14
MAX_CONNECTIONS = 200
KEEP_ALIVE_SECONDS = 5


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
    host = check_host(host)
    listening = bind_port(host, port)
    port = listening.getsockname()[1]
    token = secrets.token_urlsafe(32)
    app = make_app(review, settings, token=token, hosts=list_hosts(host, port))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    shown = f"[{host}]" if ":" in host else host
    announce(f"http://{shown}:{port}/?{TOKEN_PARAMETER}={token}")
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def bind_port(host: str, port: int) -> socket.socket:
    """Return a listening socket on a port, or on the next that is free.

    Raises
    ------
    UsageError
        Where none of the next ports is free either.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + PORTS_TRIED, 65536)) if port else (0,):
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, candidate))
            listening.listen()
            return listening
        except OSError:
            listening.close()
    raise UsageError(f"ports {port} to {port + PORTS_TRIED - 1} of {host} are busy; pass --port 0 for any free one")
