"""brat's tagger protocol: a client that asks as brat's server asks and checks the answer as it does; who is refused."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlparse

import httpx
import pytest
from click.testing import CliRunner

from corpus_tools.errors import InputError, Refused
from corpus_tools.serving import list_hosts
from corpus_tools.standoff import parse_document
from relext.cli import relext
from relext.loop import Annotator
from relext.loop.serve import MAX_BODY_BYTES, make_tagger
from relext.loop.tagging import format_answer, parse_lexicon, tag_text
from relext.model import write_model
from tests.relext.tiny_models import eager_finder, eager_model

TEXT = "Pain 🩺 again.\r\nNo fever."
#       0    5 7     12    15 18
LEXICON = "fever\tSign\tUMLS\tC0015967\nPAIN\t\tUMLS\tC0030193\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve")
    write_model(folder / "model", eager_model(), finder=eager_finder())
    (folder / "lexicon.tsv").write_text(LEXICON)
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """Serve the model in a process of its own and return the address that stands in the line for tools.conf."""
    start = "from relext.cli import main; main()"
    arguments = ["serve", "model", "--port", "0", "--lexicon", "lexicon.tsv", "--device", "cpu", "-q"]
    process = subprocess.Popen(
        [sys.executable, "-c", start, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    pattern = r"model-\w+ tool:relext, model:model-\w+, <URL>:(http://127\.0\.0\.1:\d+/)\n"
    try:
        assert process.stdout is not None
        found = re.fullmatch(pattern, process.stdout.readline())
        assert found is not None
        yield found[1]
    finally:
        process.kill()
        process.communicate()


def ask_as_brat(url: str, text: str) -> list[str]:
    """Post a text as brat's server does and return the lines that it would write into the .ann."""
    parts = urlparse(url)
    connection = HTTPConnection(parts.netloc)
    content = text.encode("utf-8")
    headers = {"Content-type": "text/plain; charset=utf-8", "Accept": "application/json"}
    connection.request("POST", parts.path, content, headers={**headers, "Content-length": str(len(content))})
    response = connection.getresponse()
    assert response.status == 200
    answer = json.loads(response.read())
    connection.close()
    lines, ids = [], {}
    for theirs, each in answer.items():
        if "offsets" in each:
            ((start, end),) = each["offsets"]
            (words,) = each["texts"]
            assert "\n" not in words
            ids[theirs] = f"T{len(ids) + 1}"
            lines.append(f"{ids[theirs]}\t{each['type']} {start} {end}\t{words}")
    concepts = [each for each in answer.values() if "target" in each]
    for number, each in enumerate(concepts, start=1):
        lines.append(f"N{number}\t{each['type']} {ids[each['target']]} {each['refdb']}:{each['refid']}\t")
    return lines


def test_a_client_like_brat_gets_lines_that_fit_its_text(url: str) -> None:
    lines = ask_as_brat(url, TEXT)
    read = parse_document(TEXT, "\n".join(lines) + "\n", doc_id="note")
    assert read.rejects == ()
    document = read.document
    assert [document.spelled(each) for each in document.textbounds] == ["Pain", "🩺", "again", ".", "No", "fever", "."]
    assert [(each.target, each.resource, each.identifier) for each in document.normalizations] == [
        ("T1", "UMLS", "C0030193"),
        ("T6", "UMLS", "C0015967"),
    ]


def test_an_empty_text_has_an_empty_answer(url: str) -> None:
    assert ask_as_brat(url, "") == []


def test_a_mention_in_several_fragments_is_left_out_with_its_concept() -> None:
    ann = "T1\tSign 0 5;6 10\tchest pain\nT2\tSign 6 10\tpain\n"
    document = parse_document("chest\npain", ann, doc_id="note").document
    answer = format_answer(document, parse_lexicon("chest pain\tSign\tX\t1\n", source="x"))
    assert answer == {"T2": {"type": "Sign", "offsets": [[6, 10]], "texts": ["pain"]}}


def test_a_model_without_a_finder_can_tag_nothing() -> None:
    with pytest.raises(InputError, match="no mention finder"):
        tag_text(Annotator(eager_model(), None, name="m"), "Pain.")


@pytest.mark.parametrize(
    "line", ["pain\tSign\tUMLS", "pain\tSign\tUM LS\tC1", "pain\tSign\tUMLS\tC:1", "a\tb\tc\td\te"]
)
def test_a_line_that_is_none_of_a_lexicon_is_named(line: str) -> None:
    with pytest.raises(InputError, match=r"words\.tsv:2: expected words, type, database and identifier"):
        parse_lexicon("pain\t\tUMLS\tC1\n" + line, source="words.tsv")


ORIGIN = "http://127.0.0.1:47111"


@pytest.fixture(scope="module")
def annotator() -> Annotator:
    return Annotator(eager_model(), eager_finder(), name="m")


def ask(annotator: Annotator, method: str = "POST", path: str = "/", **changes: object) -> httpx.Response:
    app = make_tagger(annotator, hosts=list_hosts("127.0.0.1", 47111))
    headers = {"content-type": "text/plain; charset=utf-8", **changes.pop("headers", {})}  # type: ignore[dict-item]

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.request(method, path, headers=headers, **changes)  # type: ignore[arg-type]

    return asyncio.run(send())


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        (200, {"content": b"Pain."}),
        (403, {"content": b"Pain.", "headers": {"host": "evil.com"}}),
        (403, {"content": b"Pain.", "headers": {"host": "127.0.0.1.evil.com:47111"}}),
        (403, {"content": b"Pain.", "headers": {"origin": ORIGIN}}),
        (403, {"content": b"Pain.", "headers": {"origin": "null"}}),
        (403, {"content": b"Pain.", "headers": {"sec-fetch-site": "cross-site"}}),
        (405, {"method": "GET"}),
        (405, {"method": "PUT", "content": b"Pain."}),
        (404, {"path": "/../../etc/passwd", "content": b"Pain."}),
        (415, {"content": b"{}", "headers": {"content-type": "application/json"}}),
        (400, {"content": b"\xff\xfe"}),
        (413, {"content": b"x" * (MAX_BODY_BYTES + 1)}),
    ],
)
def test_who_is_answered_and_who_is_refused(annotator: Annotator, status: int, changes: dict[str, object]) -> None:
    response = ask(annotator, **changes)  # type: ignore[arg-type]
    assert response.status_code == status
    assert response.headers["cache-control"] == "no-store"
    assert ("Pain" in response.text) == (status == 200)


def test_an_internal_error_is_told_without_the_text(annotator: Annotator, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("Pain.")

    monkeypatch.setattr("relext.loop.serve.tag_text", fail)
    response = ask(annotator, content=b"Pain.")
    assert response.status_code == 500
    assert re.fullmatch(r"internal error ValueError at test_serve\.py:\d+", response.json()["error"])


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "example.org"])
def test_an_address_beyond_this_machine_is_refused_before_the_model_is_read(host: str) -> None:
    result = CliRunner().invoke(relext, ["serve", "no-such-model", "--host", host])
    assert isinstance(result.exception, Refused)
    assert result.exception.exit_code == 8
