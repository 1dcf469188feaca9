"""Serving on this machine alone: the guard before an application, the port it listens on."""

from corpus_tools.serving.guards import BODY_SECONDS, Guard, Refusal, check_host, find_host, list_hosts
from corpus_tools.serving.server import bind_port, format_origin, listen, run_server

__all__ = [
    "BODY_SECONDS",
    "Guard",
    "Refusal",
    "bind_port",
    "check_host",
    "find_host",
    "format_origin",
    "list_hosts",
    "listen",
    "run_server",
]
