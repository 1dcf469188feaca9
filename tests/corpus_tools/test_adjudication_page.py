"""The page's routes: who is let in, what is told, what is logged, and what the second of two tabs hears."""

import asyncio
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from corpus_tools.adjudication import Review, find_project, open_review, read_log
from corpus_tools.adjudication.decisions import Row
from corpus_tools.adjudication.page import CONTENT_SECURITY_POLICY, MAX_BODY_BYTES, TOKEN_HEADER, PageSettings, make_app
from corpus_tools.adjudication.page.views import measure_rate
from corpus_tools.errors import UsageError
from corpus_tools.serving import bind_port, list_hosts
from tests.corpus_tools.adjudication_inputs import ASPIRIN, CHEST_PAIN, CLOCK, PAIN, TREATS, write_project

TOKEN = "token-of-this-run"
ORIGIN = "http://127.0.0.1:8765"
BOUNDARY = {"anna": ASPIRIN + CHEST_PAIN + TREATS, "ben": ASPIRIN + PAIN + TREATS}


class Browser:
    """Hold a review with its page, asked as a browser asks."""

    def __init__(self, review: Review, settings: PageSettings) -> None:
        self.review = review
        self.app = make_app(review, settings, token=TOKEN, hosts=list_hosts("127.0.0.1", 8765))

    def ask(self, method: str, path: str, *, drop: str = "", **changes: object) -> httpx.Response:
        headers = {TOKEN_HEADER: TOKEN, "origin": ORIGIN, **changes.pop("headers", {})}  # type: ignore[dict-item]
        headers.pop(drop, None)

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                return await client.request(method, path, headers=headers, **changes)  # type: ignore[arg-type]

        return asyncio.run(send())

    def get(self, path: str) -> dict[str, object]:
        response = self.ask("GET", path)
        assert response.status_code == 200, response.text
        return response.json()  # type: ignore[no-any-return]

    def post(self, path: str, **body: object) -> httpx.Response:
        return self.ask("POST", path, json=body)

    def open_ids(self) -> list[str]:
        return [row["id"] for row in self.get("/api/queue")["items"] if row["outcome"] == "open"]  # type: ignore[attr-defined]


Open = Callable[..., Browser]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Return a function that serves the review of a project of some notes."""
    with ExitStack() as stack:

        def open_notes(
            notes: dict[str, dict[str, str]], *, settings: PageSettings | None = None, staged: bool = False
        ) -> Browser:
            project = find_project(write_project(tmp_path, notes))
            opening = open_review(project, tmp_path / "adjudication", who="dr-moss", clock=lambda: CLOCK, staged=staged)
            return Browser(stack.enter_context(opening), settings or PageSettings())

        yield open_notes


def decisions(browser: Browser) -> list[str]:
    return [row.choice for row in read_log(browser.review.log.path).rows if row.action == "decide"]


def test_page_comes_with_a_strict_policy_and_no_inline_script(opened: Open) -> None:
    response = opened({"note": BOUNDARY}).ask("GET", f"/?token={TOKEN}")
    assert response.status_code == 200
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert re.findall(r"<script(?![^>]* src=)|\son\w+=|style=|javascript:", response.text) == []


@pytest.mark.parametrize("name", ["page.css", "page.js", "drawing.js", "editor.js"])
def test_assets_are_served_and_set_no_html(opened: Open, name: str) -> None:
    response = opened({"note": BOUNDARY}).ask("GET", f"/assets/{name}?token={TOKEN}")
    assert response.status_code == 200
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", response.text)


@pytest.mark.parametrize(
    "host",
    ["evil.com", "127.0.0.1.evil.com:8765", "127.0.0.1", "127.0.0.1:80", "a/?x=", "", "127.0.0.1:8765, evil.com"],
)
def test_foreign_host_is_refused_and_changes_nothing(opened: Open, host: str) -> None:
    browser = opened({"note": BOUNDARY})
    for method, path in (("GET", "/api/queue"), ("POST", "/api/undo")):
        response = browser.ask(method, path, headers={"host": host, "content-type": "application/json"})
        assert response.status_code == 403
    assert decisions(browser) == []


@pytest.mark.parametrize("origin", ["http://evil.com", "null", "https://127.0.0.1:8765", "http://127.0.0.1:8766", ""])
def test_foreign_origin_is_refused(opened: Open, origin: str) -> None:
    response = opened({"note": BOUNDARY}).ask("POST", "/api/undo", headers={"origin": origin}, json={})
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "drop", "headers"),
    [
        ("GET", "/api/queue", TOKEN_HEADER, {}),
        ("GET", f"/api/queue?token={TOKEN}", TOKEN_HEADER, {}),
        ("GET", "/api/queue", "", {TOKEN_HEADER: TOKEN[:-1]}),
        ("GET", "/", "", {}),
        ("GET", "/?token=wrong", "", {}),
        ("GET", f"/?token={TOKEN}&token={TOKEN}", "", {}),
        ("GET", "/assets/page.js", "", {}),
        ("POST", "/api/undo", "origin", {}),
        ("POST", "/api/undo", TOKEN_HEADER, {}),
    ],
)
def test_request_without_the_token_or_origin_is_refused(
    opened: Open, method: str, path: str, drop: str, headers: dict[str, str]
) -> None:
    response = opened({"note": BOUNDARY}).ask(method, path, drop=drop, headers=headers)
    assert response.status_code == 403
    assert "chest" not in response.text


@pytest.mark.parametrize("path", ["/api/decide", "/api/undo", "/api/stage", "/api/note"])
def test_nothing_is_changed_by_a_get(opened: Open, path: str) -> None:
    assert opened({"note": BOUNDARY}).ask("GET", path).status_code == 405


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/api/queue", "/api/decide", f"/?token={TOKEN}"])
def test_other_methods_are_refused(opened: Open, method: str, path: str) -> None:
    assert opened({"note": BOUNDARY}).ask(method, path).status_code in (403, 405)


@pytest.mark.parametrize(
    "item",
    ["../", "%2e%2e%2f", "..%5c..%5cetc", "%00", "%2Fetc%2Fpasswd", "note", "a" * 5000, "..%2f..%2fdecisions.jsonl"],
)
def test_odd_item_ids_are_looked_up_and_not_found(opened: Open, item: str) -> None:
    browser = opened({"note": BOUNDARY})
    assert browser.ask("GET", f"/api/items/{item}").status_code == 404
    assert browser.post("/api/decide", item=item, seen=0, choice="neither").status_code == 409


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"x" * (10 << 20), "application/json", 413),
        (b"&".join(b"a=%d" % n for n in range(10_000)), "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"item": "\xff"}', "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"item": 1}', "application/json", 400),
        (b'{"item": "x", "item": "y"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"seen": NaN}', "application/json", 400),
        (b"", "application/json", 400),
        (b"{}", "text/plain", 400),
    ],
)
def test_odd_bodies_are_refused_and_the_server_lives(opened: Open, content: bytes, kind: str, status: int) -> None:
    browser = opened({"note": BOUNDARY})
    response = browser.ask("POST", "/api/decide", content=content, headers={"content-type": kind})
    assert response.status_code == status
    assert decisions(browser) == []
    assert browser.open_ids()


def test_body_that_grows_beyond_its_stated_length_is_cut_off(opened: Open) -> None:
    browser = opened({"note": BOUNDARY})

    async def grow() -> object:
        for _ in range(MAX_BODY_BYTES // 1024 + 2):
            yield b"x" * 1024

    response = browser.ask("POST", "/api/note", content=grow(), headers={"content-type": "application/json"})
    assert response.status_code == 413


def test_decision_is_on_the_disk_when_the_page_hears_of_it(opened: Open) -> None:
    browser = opened({"note": BOUNDARY})
    (item,) = browser.open_ids()
    response = browser.post("/api/decide", item=item, seen=0, choice="take", side="B", note="the noun alone")
    assert (response.status_code, response.json()["decided"]) == (200, [item])
    row = read_log(browser.review.log.path).standing.decision(item)
    assert row is not None
    assert (row.taken, row.note, row.who) == (("ben",), "the noun alone", "dr-moss")
    assert response.json()["progress"]["agreement"] == [
        {"name": "anna", "agreed": 0, "decided": 1},
        {"name": "ben", "agreed": 1, "decided": 1},
    ]


def test_second_tab_is_told_both_values_and_changes_nothing(opened: Open) -> None:
    browser = opened({"note": BOUNDARY})
    (item,) = browser.open_ids()
    browser.post("/api/decide", item=item, seen=0, choice="take", side="A")
    response = browser.post("/api/decide", item=item, seen=0, choice="take", side="B")
    assert response.status_code == 409
    assert (response.json()["current"]["sides"], response.json()["yours"]) == (["A"], {"choice": "take", "side": "B"})
    assert decisions(browser) == ["take"]


def test_decision_on_evidence_that_changed_is_a_conflict(opened: Open, tmp_path: Path) -> None:
    browser = opened({"note": BOUNDARY})
    (item,) = browser.open_ids()
    (tmp_path / "project" / "ben" / "note.ann").write_text(ASPIRIN)
    response = browser.post("/api/decide", item=item, seen=0, choice="neither")
    assert (response.status_code, response.json()["current"]) == (409, None)
    assert [row["kind"] for row in browser.get("/api/queue")["items"] if row["outcome"] == "open"] == [
        "missing-mention"
    ]  # type: ignore[attr-defined]


def test_answer_to_a_decision_tells_what_changed_and_a_tab_that_missed_one_everything(opened: Open) -> None:
    browser = opened({"a": BOUNDARY, "b": {"anna": PAIN, "ben": ""}})
    first_tab = browser.get("/api/queue")
    second_tab = browser.get("/api/queue")
    item = next(row["id"] for row in second_tab["items"] if row["doc"] == "b")  # type: ignore[attr-defined]
    answer = browser.post("/api/decide", item=item, seen=0, choice="neither", known=second_tab["edition"]).json()
    assert [(change["row"]["id"], change["row"]["outcome"]) for change in answer["changed"]] == [(item, "decided")]
    assert "items" not in answer
    late = browser.post("/api/undo", item=item, known=first_tab["edition"]).json()
    assert [row["outcome"] for row in late["items"] if row["id"] == item] == ["open"]


def test_stale_decisions_are_counted_and_named(opened: Open, tmp_path: Path) -> None:
    browser = opened({"note": BOUNDARY})
    browser.post("/api/decide", item=browser.open_ids()[0], seen=0, choice="neither")
    (tmp_path / "project" / "ben" / "note.ann").write_text(ASPIRIN)
    queue = browser.get("/api/queue")
    assert queue["progress"]["stale"] == 1  # type: ignore[index]
    item = browser.get(f"/api/items/{browser.open_ids()[0]}")
    assert item["stale"] == [{"kind": "boundary", "choice": "neither", "time": CLOCK}]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"choice": "take", "side": "C"}, "no side"),
        ({"choice": "take"}, "text in side"),
        ({"choice": "toss"}, "expected take"),
        ({"choice": "neither", "seen": "0"}, "number in seen"),
        ({"choice": "edit", "contents": [{"layer": "mention", "label": "S", "fragments": [[0, 9999]]}]}, "covers"),
        ({"choice": "edit", "contents": "all"}, "list"),
        ({"choice": "edit", "contents": [{}] * 101}, "at most 100"),
        ({"choice": "neither", "note": "x" * 4001}, "at most 4000"),
    ],
)
def test_decision_that_makes_no_sense_is_refused(opened: Open, changes: dict[str, object], message: str) -> None:
    browser = opened({"note": BOUNDARY})
    response = browser.post("/api/decide", **{"item": browser.open_ids()[0], "seen": 0, **changes})
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert decisions(browser) == []


def test_edit_skip_undo_note_and_stage(opened: Open) -> None:
    browser = opened({"note": BOUNDARY}, staged=True)
    (item,) = browser.open_ids()
    assert browser.post("/api/decide", item=item, seen=0, choice="neither").status_code == 400
    assert browser.post("/api/note", item=item, seen=0, note="look").status_code == 200
    seen = browser.get(f"/api/items/{item}")["seen"]
    assert (
        browser.post("/api/stage", item=item, seen=seen, stage="discussed", note="why").json()["stage"] == "discussed"
    )
    seen = browser.get(f"/api/items/{item}")["seen"]
    contents = [{"layer": "mention", "label": "Diagnosis", "fragments": [[12, 22]]}]
    assert browser.post("/api/decide", item=item, seen=seen, choice="edit", contents=contents).status_code == 200
    decided = browser.get(f"/api/items/{item}")
    assert decided["decision"]["gold"] == ["Diagnosis “chest pain”"]  # type: ignore[index]
    assert [row["action"] for row in decided["history"]] == ["note", "discussed"]  # type: ignore[attr-defined]
    assert browser.post("/api/undo").json()["undone"] == [item]
    assert browser.post("/api/undo").status_code == 400


def test_identical_conflicts_are_decided_with_one_request(opened: Open) -> None:
    browser = opened({"a": BOUNDARY, "b": BOUNDARY})
    first = browser.open_ids()[0]
    assert browser.get(f"/api/items/{first}")["identical"] == 1
    response = browser.post("/api/decide", item=first, seen=0, choice="take", side="A", identical=True)
    assert len(response.json()["decided"]) == 2
    assert browser.open_ids() == []


def test_blind_page_names_nobody_and_takes_the_side_that_it_showed(opened: Open) -> None:
    settings = PageSettings(blind=True, seed=3)
    browser = opened({f"note-{n}": BOUNDARY for n in range(8)}, settings=settings)
    orders = set()
    for item in browser.open_ids():
        detail = browser.get(f"/api/items/{item}")
        assert not re.search(r"\banna\b|\bben\b", json.dumps([detail, browser.get("/api/queue")]))
        orders.add(tuple(side["contents"][0]["words"] for side in detail["sides"]))  # type: ignore[attr-defined]
        with_adjective = next(s["side"] for s in detail["sides"] if "chest" in s["contents"][0]["words"])  # type: ignore[attr-defined]
        browser.post("/api/decide", item=item, seen=0, choice="take", side=with_adjective)
    assert len(orders) == 2  # both orders occur among eight items
    taken = {row.taken for row in read_log(browser.review.log.path).rows if row.action == "decide"}
    assert taken == {("anna",)}


def test_item_shows_context_both_sides_and_what_may_be_chosen(opened: Open) -> None:
    browser = opened({"note": BOUNDARY})
    item = browser.get(f"/api/items/{browser.open_ids()[0]}")
    anna, ben = item["sides"]  # type: ignore[misc]
    assert [mention["fragments"] for mention in anna["mentions"] if mention["focus"]] == [[[12, 22]]]  # type: ignore[index]
    assert [(arc["label"], arc["source"], arc["target"]) for arc in ben["arcs"]] == [("treats", "T1", "T2")]  # type: ignore[index]
    assert item["context"] == {"start": 0, "text": "Aspirin for chest pain, no fever.", "length": 33}
    assert set(item["choices"]["labels"]) == {"Diagnosis", "Medication", "Symptom"}  # type: ignore[index]


def test_relation_is_drawn_over_gold(opened: Open) -> None:
    ends = ASPIRIN + CHEST_PAIN
    browser = opened({"note": {"anna": ends + TREATS, "ben": ends + TREATS.replace("treats", "causes")}})
    item = browser.get(f"/api/items/{browser.open_ids()[0]}")
    arcs = [[(arc["label"], arc["focus"]) for arc in side["arcs"]] for side in item["sides"]]  # type: ignore[attr-defined]
    assert arcs == [[("treats", True)], [("causes", True)]]
    assert item["sides"][0]["contents"][0]["words"] == "Medication “Aspirin” — treats → Symptom “chest pain”"  # type: ignore[index]


def test_rate_is_decisions_a_minute_and_undefined_for_one() -> None:
    rows = [Row(n, f"2026-01-02T03:04:{second:02}Z", "x", "decide", "d") for n, second in enumerate((0, 20, 30))]
    assert measure_rate(rows) == 4.0  # two after the first, in half a minute
    assert (measure_rate(rows[:1]), measure_rate([rows[0], rows[0]])) == (None, None)


def test_busy_port_gives_way_to_the_next_free_one() -> None:
    with bind_port("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with bind_port("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] < port + 20


def test_no_free_port_is_one_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise OSError

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(UsageError, match="--port 0"):
        bind_port("127.0.0.1", 8765)


def test_contrast_of_every_ink_on_its_ground_is_at_least_aa(project: Path) -> None:
    css = (project / "corpus_tools" / "adjudication" / "page" / "page.css").read_text()
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)
    )
    for scheme in (light, dark):
        pairs = [(ink, ground) for ink in ("ink", "quiet", "accent") for ground in ("paper", "wash", "raised")]
        pairs += [
            ("accent-ink", "accent"),
            ("alert", "alert-wash"),
            ("alert", "paper"),
            ("ink", "accent-wash"),
            ("quiet", "accent-wash"),
        ]
        pairs += [(f"t{n}-ink", f"t{n}") for n in range(8)] + [("ink", f"t{n}") for n in range(8)]
        low = {pair: round(contrast(scheme[pair[0]], scheme[pair[1]]), 2) for pair in pairs}
        assert {pair: value for pair, value in low.items() if value < 4.5} == {}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
