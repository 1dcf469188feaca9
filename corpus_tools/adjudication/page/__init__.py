"""The senior reviewer's page: a server for this machine alone, and what it sends."""

from corpus_tools.adjudication.page.app import make_app
from corpus_tools.adjudication.page.guards import CONTENT_SECURITY_POLICY, MAX_BODY_BYTES, TOKEN_HEADER, check_host
from corpus_tools.adjudication.page.serving import serve_page
from corpus_tools.adjudication.page.settings import PageSettings

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "MAX_BODY_BYTES",
    "TOKEN_HEADER",
    "PageSettings",
    "check_host",
    "make_app",
    "serve_page",
]
