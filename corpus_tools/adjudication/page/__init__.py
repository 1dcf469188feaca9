"""The senior reviewer's page: a server for this machine alone, and what it sends."""

from corpus_tools.adjudication.page.app import make_app
from corpus_tools.adjudication.page.guards import CONTENT_SECURITY_POLICY, MAX_BODY_BYTES, TOKEN_HEADER
from corpus_tools.adjudication.page.serving import serve_page
from corpus_tools.adjudication.page.settings import PageSettings
from corpus_tools.serving import check_host

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "MAX_BODY_BYTES",
    "TOKEN_HEADER",
    "PageSettings",
    "check_host",
    "make_app",
    "serve_page",
]
