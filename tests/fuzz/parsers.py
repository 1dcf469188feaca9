"""Every reader of bytes that nobody vetted, with an input that it takes, of any size.

In: a number of units: lines, rows, records, entries. Out: bytes that hold so many, which tests spoil and benchmarks
make larger; and the reader, which takes any bytes.
"""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from corpus_tools.adjudication import LOG_NAME, read_log, read_probabilities
from corpus_tools.adjudication.sheets import read_sheet
from corpus_tools.assembly.metadata import parse_metadata
from corpus_tools.conversion.i2b2 import read_i2b2
from corpus_tools.conversion.markup import read_bioc, read_ddi, read_pubtator
from corpus_tools.conversion.spert import read_spert
from corpus_tools.rounds import read_transcriptions
from corpus_tools.standoff import align_document, parse_annotation_conf, parse_document, parse_network
from corpus_tools.standoff.aids import read_aids
from corpus_tools.standoff.columns import parse_plain_columns
from corpus_tools.standoff.schema_files import parse_schema
from corpus_tools.storage import parse_json
from relext.comparison import read_study
from relext.config import read_config
from relext.data.concepts import parse_concepts
from relext.loop.queue import read_queue
from relext.loop.tagging import parse_lexicon
from relext.model.weights import format_weights, parse_weights
from tests.fuzz.targets import chain_rows

WORD = "pain "  # the note of n units holds n of them


@dataclass(frozen=True, slots=True)
class Parser:
    """Hold a reader and what it reads.

    Attributes
    ----------
    read : callable
        Takes any bytes.
    make : callable
        Takes a number of units, returns bytes that hold so many.
    most : int
        How many units the reader takes at most, or whoever measures it needs.
    """

    read: Callable[[bytes], object]
    make: Callable[[int], bytes]
    most: int = 1 << 19


def _of_text(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda content: parse(content.decode("utf-8", "replace"))


def _of_file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    """Return a reader of bytes that puts them into a file of its own."""

    def read_bytes(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            return read(path)

    return read_bytes


def _lines(form: str, head: str = "") -> Callable[[int], bytes]:
    """Return what makes a head and n lines: the form with the line's number and the offsets of its word."""
    return lambda units: (
        head + "".join(form.format(n=n + 1, start=5 * n, end=5 * n + 4) for n in range(units))
    ).encode()


def _json(make: Callable[[int], object]) -> Callable[[int], bytes]:
    return lambda units: json.dumps([make(n) for n in range(units)]).encode()


def _align(ann: str) -> object:
    return align_document(parse_document(WORD * (ann.count("\n") + 1), ann, doc_id="note"))


def _make_log(units: int) -> bytes:
    seed = Path(__file__).parent / "seeds/log/rows.jsonl"
    row = json.loads(seed.read_text("utf-8").split("\n")[0])
    return chain_rows("\n".join(json.dumps({**row, "sequence": n}) for n in range(1, units + 1)).encode() + b"\n")


def _make_transcriptions(units: int) -> bytes:
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow(["transcription", "medical_specialty"])
    rows.writerows([f"Pain on day {n}, no fever.", f"Specialty {n % 7}"] for n in range(units))
    return table.getvalue().encode()


def _make_spert(number: int) -> object:
    entities = [{"type": "Drug", "start": 0, "end": 1}, {"type": "Sign", "start": 2, "end": 3}]
    relations = [{"type": "treats", "head": 0, "tail": 1}]
    return {"tokens": ["Aspirin", "helps", "pain"], "entities": entities, "relations": relations, "orig_id": number}


def _wrap(form: str, before: str, after: str) -> Callable[[int], bytes]:
    make = _lines(form, before)
    return lambda units: make(units) + after.encode()


BIOC = """<document><id>{n}</id><passage><offset>0</offset><text>Aspirin helps pain</text>
<annotation id="T1"><infon key="type">Drug</infon><location offset="0" length="7"/><text>Aspirin</text></annotation>
</passage></document>"""
DDI = """<sentence id="d0.s{n}" text="Aspirin helps pain">
<entity id="d0.s{n}.e0" charOffset="0-6" type="drug" text="Aspirin"/></sentence>"""
BIOC_HEAD = "<?xml version='1.0'?><collection><source>s</source><date>d</date><key>k</key>"
MENTION = "T{n}\tSign {start} {end}\tpain\n"
SCHEMA = '[[entity]]\nname = "Type{n}"\ncolor = "#a0b0c0"\n'
NETWORK = "STY|T121|Pharmacologic Substance|A1.4|||||phsu||\nRL|T154|treats|R3.1.2|||||TS|treated_by|\n"
CONLL = 'c="pain" 1:{n} 1:{n}||t="problem"||a="present"\n'


def _read_i2b2(content: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("txt/a.txt", "concept/a.con"):
            (root / name).parent.mkdir()
        (root / "txt/a.txt").write_text(WORD * (content.count(b"\n") + 1))
        (root / "concept/a.con").write_bytes(content)
        return read_i2b2(root)


def _read_weights(content: bytes) -> object:
    count = content.count(b'"dtype"')
    return parse_weights(content, {f"w{n}": torch.zeros(2) for n in range(count)}, source="model.safetensors")


PARSERS: Mapping[str, Parser] = {
    ".ann": Parser(
        _of_text(lambda ann: parse_document("", ann, doc_id="note")),
        _lines(MENTION + "R{n}\tsame Arg1:T1 Arg2:T{n}\nA{n}\tNegated T{n}\n#{n}\tNote T{n}\tx\n"),
    ),
    ".ann, aligned": Parser(_of_text(_align), _lines(MENTION)),
    ".ann, shifted by one": Parser(_of_text(_align), _lines("T{n}\tSign {start} {end}\tain \n")),
    ".ann, plain": Parser(
        _of_text(lambda ann: parse_plain_columns(WORD * (ann.count("\n") + 1), ann)), _lines(MENTION)
    ),
    "annotation.conf": Parser(_of_text(parse_annotation_conf), _lines("Type{n}\n", "[entities]\n"), most=2000),
    "schema.toml": Parser(_of_text(lambda text: parse_schema(text)), _lines(SCHEMA, "schema_version = 1\n")),
    "semantic network": Parser(
        _of_text(lambda text: parse_network(NETWORK, text)), _lines("T121|T154|T121|\n")
    ),
    "metadata.csv": Parser(
        _of_text(lambda text: parse_metadata(text, source="metadata.csv")),
        _lines("note-{n},Urology,p{n}\n", "doc_id,specialty,patient\n"),
    ),
    "transcriptions": Parser(
        _of_file(lambda path: read_transcriptions(path, min_samples=1), "t.csv"), _make_transcriptions
    ),
    "JSON": Parser(_of_text(lambda text: parse_json(text, source="x")), _json(lambda n: {"n": n, "words": ["a"]})),
    "log of decisions": Parser(_of_file(read_log, LOG_NAME), _make_log),
    "sheet of decisions": Parser(
        _of_file(lambda path: list(read_sheet(path)), "s.csv"), _lines("item-{n},take-a,{n}\n", "item,choice,seen\n")
    ),
    "probabilities": Parser(
        _of_file(read_probabilities, "p.jsonl"),
        _lines('{{"doc_id": "note", "probability": 0.5, "mention": [{start}, {end}]}}\n'),
    ),
    "provenance": Parser(
        _of_file(lambda path: read_aids([path]), "provenance.jsonl"),
        _lines('{{"doc_id": "note-{n}", "aid": "unaided"}}\n'),
    ),
    "BioC": Parser(_of_file(read_bioc, "b.xml"), _wrap(BIOC, BIOC_HEAD, "</collection>")),
    "DDI": Parser(_of_file(read_ddi, "d.xml"), _wrap(DDI, "<document id='d0'>", "</document>")),
    "PubTator": Parser(
        _of_file(read_pubtator, "p.txt"), _lines("{n}|t|Pain\n{n}|a|Pain again\n{n}\t0\t4\tPain\tSign\tD1\n\n")
    ),
    "SpERT": Parser(_of_file(read_spert, "s.json"), _json(_make_spert)),
    "i2b2": Parser(_read_i2b2, _lines(CONLL)),
    "concepts": Parser(
        _of_text(lambda text: parse_concepts(text, source="c.tsv")),
        _lines("note\tT{n}\tUMLS:C{n}\n", "doc_id\tmention\tconcept\n"),
    ),
    "lexicon": Parser(
        _of_text(lambda text: parse_lexicon(text, source="l.tsv")), _lines("word{n}\tSign\tUMLS\tC{n}\n")
    ),
    "queue": Parser(_of_file(read_queue, "queue.jsonl"), _lines('{{"doc_id": "note-{n}"}}\n')),
    "settings": Parser(_of_file(read_config, "c.toml"), _lines("# {n}\n", "[training]\nepochs = 3\n"), most=60_000),
    "study": Parser(_of_file(read_study, "s.toml"), _lines("# {n}\n", "[study]\nseeds = [1]\n"), most=60_000),
    "weights": Parser(
        _read_weights, lambda units: format_weights({f"w{n}": torch.zeros(2) for n in range(units)})
    ),
}  # fmt: skip
