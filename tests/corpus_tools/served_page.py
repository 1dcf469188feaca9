"""The page served by a process of its own, as a reviewer starts it, for tests that need a real server or browser."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from corpus_tools.adjudication.page import TOKEN_HEADER

_START = "from corpus_tools.cli import main; main()"


@dataclass(frozen=True)
class Served:
    """Hold a server's process and the address that it printed."""

    process: subprocess.Popen[str]
    url: str

    @property
    def origin(self) -> str:
        """Return scheme, host and port."""
        return self.url.split("/?")[0]

    def client(self) -> httpx.Client:
        """Return a client that asks as the page asks."""
        headers = {TOKEN_HEADER: self.url.split("token=")[1], "origin": self.origin}
        return httpx.Client(base_url=self.origin, headers=headers, trust_env=False)

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def serve(project: Path, *options: str) -> Iterator[Served]:
    """Serve a project's review until the block ends."""
    arguments = [sys.executable, "-c", _START, "adjudicate", "serve", str(project), "--port", "0", "-q", *options]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stderr is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None, process.stderr.read()
        yield Served(process, found.group())
    finally:
        process.terminate()
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
