"""Faults 44, 51 and 61 to 65: the reviewer's page, served by a process of its own and asked over a socket."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from corpus_tools.adjudication import read_log
from corpus_tools.adjudication.page import TOKEN_HEADER
from tests.corpus_tools.adjudication_inputs import ASPIRIN, CHEST_PAIN, FEVER, PAIN, write_project
from tests.corpus_tools.served_page import Served, serve
from tests.corpus_tools.test_adjudication_crash import kill_at_random
from tests.faults.commands import run
from tests.faults.killing import KILLS

LOG = Path("project/adjudication/decisions.jsonl")
NOTE = {"anna": ASPIRIN + CHEST_PAIN, "ben": ASPIRIN + PAIN + FEVER}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    write_project(folder, {"note": NOTE, "other": NOTE})
    return folder


@pytest.fixture(scope="module")
def served(root: Path) -> Iterator[Served]:
    with serve(root / "project") as page:
        yield page


def ask(served: Served, head: str, body: bytes = b"") -> bytes:
    """Send a request as it is written and return the first line of the answer."""
    port = int(served.origin.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n" + body)
        return connection.recv(4096).partition(b"\r\n")[0]


def headers(served: Served, **changes: str) -> str:
    """Return the headers that the page sends, some changed, none of those that are empty."""
    named = {"host": served.origin.removeprefix("http://"), "origin": served.origin,
             TOKEN_HEADER: served.url.split("token=")[1], "content-type": "application/json", **changes}  # fmt: skip
    return "".join(f"{name}: {value}\n" for name, value in named.items() if value)


def decided(root: Path) -> list[str]:
    return [row.item for row in read_log(root / LOG).rows if row.action == "decide"]


def open_items(client: httpx.Client) -> list[str]:
    return [row["id"] for row in client.get("/api/queue").json()["items"] if row["outcome"] == "open"]


def test_fault_44_no_acknowledged_decision_is_lost_to_a_kill(tmp_path: Path) -> None:
    kill_at_random(tmp_path, times=KILLS)


def test_fault_44_half_written_last_line_is_passed_over_and_a_broken_chain_is_not(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": NOTE})
    assert run("adjudicate", "queue", project).code == 0
    log = tmp_path / LOG
    sound = log.read_bytes()
    log.write_bytes(sound + sound[: len(sound) // 2].rpartition(b"\n")[2] + b'{"sequence": 9')
    ended = run("adjudicate", "status", project)
    assert (ended.code, "half-written last line" in ended.err) == (0, True)
    log.write_bytes(sound.replace(b'"sequence": 1', b'"sequence": 7', 1))
    ended = run("adjudicate", "status", project)
    assert (ended.code, ended.err.count("\n")) == (3, 1)


def test_fault_51_second_tab_hears_both_values_and_changes_nothing(served: Served, root: Path) -> None:
    before = len(decided(root))
    with served.client() as client:
        item = open_items(client)[0]
        wanted = {"item": item, "seen": 0, "choice": "take", "side": "A"}
        assert client.post("/api/decide", json=wanted).status_code == 200
        second = client.post("/api/decide", json={**wanted, "side": "B"})
    assert second.status_code == 409
    assert (second.json()["current"]["sides"], second.json()["yours"]["side"]) == (["A"], "B")
    assert len(decided(root)) == before + 1


def test_fault_51_decision_on_evidence_that_changed_meanwhile_is_a_conflict(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": NOTE})
    with serve(project) as served, served.client() as client:
        item = open_items(client)[0]
        assert run("build", project / "anna", "--out", tmp_path / "corpus", "--splits", "100:0:0").code in (0, 3)
        (project / "ben/note.ann").write_text(ASPIRIN)
        response = client.post("/api/decide", json={"item": item, "seen": 0, "choice": "take", "side": "A"})
    assert response.status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "evil.com"},
        {"host": "127.0.0.1.evil.com"},
        {"host": "a/?x="},
        {"host": ""},
        {"origin": "http://evil.com"},
        {"origin": "null"},
        {"origin": ""},
        {TOKEN_HEADER: ""},
        {TOKEN_HEADER: "wrong"},
    ],
)
def test_fault_61_request_from_elsewhere_is_refused_and_changes_nothing(
    served: Served, root: Path, changes: dict[str, str]
) -> None:
    before = (root / LOG).read_bytes()
    line = ask(served, f"POST /api/undo HTTP/1.1\n{headers(served, **changes)}content-length: 2\n", b"{}")
    assert line.split()[1] in (b"400", b"403")
    assert (root / LOG).read_bytes() == before


@pytest.mark.parametrize("route", ["decide", "undo", "stage", "note"])
def test_fault_61_reading_changes_nothing(served: Served, root: Path, route: str) -> None:
    before = (root / LOG).read_bytes()
    assert b"405" in ask(served, f"GET /api/{route} HTTP/1.1\n{headers(served)}")
    assert (root / LOG).read_bytes() == before


@pytest.mark.parametrize(
    "path",
    ["../decisions.jsonl", "%2e%2e%2fdecisions.jsonl", "..%5c..%5cetc", "%00", "//etc/passwd", "%2Fetc%2Fpasswd",
     "a" * 4000, "%ff%fe"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["/api/items/", "/assets/"])
def test_fault_63_paths_are_looked_up_in_a_table(served: Served, place: str, path: str) -> None:
    token = served.url.split("token=")[1]
    line = ask(served, f"GET {place}{path}?token={token} HTTP/1.1\n{headers(served)}")
    assert line.split()[1] in (b"400", b"404")


@pytest.mark.parametrize(
    ("body", "changes", "statuses"),
    [
        (b"x" * (10 << 20), {}, {b"413"}),
        (
            b"&".join(b"a=%d" % n for n in range(10_000)),
            {"content-type": "application/x-www-form-urlencoded"},
            {b"400"},
        ),
        (b"\xff\xfe", {}, {b"400"}),
        (b'{"item": "\xff"}', {}, {b"400"}),
        (b"[" * 50_000, {}, {b"400"}),
        (b"{}", {"content-length": "-1"}, {b"400", b"413"}),
        (b"{}", {"content-length": "99999999999999999999"}, {b"400", b"413"}),
    ],
)
def test_fault_64_odd_bodies_are_refused_and_the_server_lives(
    served: Served, body: bytes, changes: dict[str, str], statuses: set[bytes]
) -> None:
    named = {"content-length": str(len(body)), **changes}
    try:
        line = ask(served, f"POST /api/decide HTTP/1.1\n{headers(served, **named)}", body)
    except ConnectionError:  # refused and closed while the body was still on its way
        line = b"HTTP/1.1 413"
    assert line.split()[1] in statuses
    with served.client() as client:
        assert client.get("/api/queue").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "evil.com", "127.0.0.1.evil.com", "", "2130706433"])
def test_fault_65_address_that_others_can_reach_is_refused(root: Path, host: str) -> None:
    ended = run("adjudicate", "serve", root / "project", "--host", host)
    assert (ended.code, ended.err.count("\n")) == (8, 1)


def test_fault_65_busy_port_gives_way_to_the_next(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": NOTE})
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with serve(project, "--port", str(port)) as served:
            assert 0 < int(served.origin.rsplit(":", 1)[1]) - port < 20


def test_fault_63_nothing_of_a_refusal_quotes_the_notes(served: Served) -> None:
    with served.client() as client:
        answers = [client.get("/api/items/none"), client.post("/api/decide", content=b"[]")]
    assert not any("Aspirin" in json.dumps(answer.json()) for answer in answers)
