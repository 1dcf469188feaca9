"""A server that is killed while it is asked (tests/faults/test_page.py kills it); slow clients do not stop it."""

import random
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from corpus_tools.adjudication import find_project, read_log, read_review
from tests.corpus_tools.adjudication_inputs import ASPIRIN, FEVER, PAIN, write_project
from tests.corpus_tools.served_page import Served, serve

NOTES = {f"note-{n:03}": {"anna": ASPIRIN + PAIN + FEVER, "ben": ""} for n in range(40)}  # 120 items


def decide_until_killed(served: Served, *, seconds: float) -> list[str]:
    """Decide items one after the other while a timer kills the server; return what was acknowledged."""
    timer = threading.Timer(seconds, served.kill)
    acknowledged = []
    with served.client() as client:
        items = [row["id"] for row in client.get("/api/queue").json()["items"] if row["outcome"] == "open"]
        timer.start()
        for item in items:
            try:
                response = client.post("/api/decide", json={"item": item, "seen": 0, "choice": "take", "side": "A"})
            except httpx.TransportError:
                break
            assert response.status_code == 200, response.text
            acknowledged.append(item)
    timer.cancel()
    timer.join()
    return acknowledged


def kill_at_random(tmp_path: Path, *, times: int) -> None:
    moments, project = random.Random(7), write_project(tmp_path, NOTES)
    log_path = project / "adjudication" / "decisions.jsonl"
    for _ in range(times):
        with serve(project) as served:
            acknowledged = decide_until_killed(served, seconds=moments.uniform(0.0, 0.25))
        decided = {item for item, rows in read_log(log_path).standing.decided.items() if rows}
        assert decided >= set(acknowledged)
        review = read_review(find_project(project), log_path.parent)
        assert {item for settlement in review.settlements.values() for item in settlement.applied} == decided
        if not any(settlement.items_of("open") for settlement in review.settlements.values()):
            log_path.unlink()  # all decided: start over


def test_slow_headers_and_huge_ones_leave_the_server_alive(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": NOTES["note-000"]})
    with serve(project) as served, served.client() as client:
        port = int(served.origin.rsplit(":", 1)[1])
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        huge = socket.create_connection(("127.0.0.1", port))
        huge.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000)
        assert client.get("/api/queue").status_code == 200
        assert huge.recv(12).startswith(b"HTTP/1.1 400")
        for connection in (*slow, huge):
            connection.close()


def test_server_listens_on_loopback_alone_and_stops_at_once(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": NOTES["note-000"]})
    with serve(project) as served:
        assert served.url.startswith("http://127.0.0.1:")
        assert httpx.get(served.origin, trust_env=False).status_code == 403  # no token
        begun = time.monotonic()
        served.process.terminate()
        assert served.process.wait(10) == 143
        assert time.monotonic() - begun < 5
    assert sorted(path.name for path in (project / "adjudication").iterdir()) == ["decisions.jsonl"]


def test_second_server_on_one_log_is_told_who_has_it(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": NOTES["note-000"]})
    with serve(project), pytest.raises(AssertionError, match="another run is writing there"), serve(project):
        pass
