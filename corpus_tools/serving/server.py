"""A server bound to this machine, on the port asked for or the next that is free.

In: an application and a loopback address. Out: nothing; it answers until the process is interrupted.
"""

import socket

import uvicorn
from starlette.types import ASGIApp

from corpus_tools.errors import UsageError
from corpus_tools.serving.guards import check_host, list_hosts

PORTS_TRIED = 20
MAX_HEADER_BYTES = 1 << 14
MAX_CONNECTIONS = 200
KEEP_ALIVE_SECONDS = 5


def run_server(app: ASGIApp, listening: socket.socket) -> None:
    """Serve an application on a listening socket until the process is interrupted."""
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
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def format_origin(host: str, port: int) -> str:
    """Return scheme, host and port as an address begins with them."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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


def listen(host: str, port: int) -> tuple[socket.socket, str, frozenset[str]]:
    """Return a listening socket of this machine, the beginning of its address, and the hosts that a request may name.

    Parameters
    ----------
    port : int
        0 for any free one; a busy one gives way to the next that is free.

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
    return listening, format_origin(host, port), list_hosts(host, port)
