"""What brat's tagger protocol carries of a text's mentions: T lines, and N lines where a lexicon knows the concept.

In: a text, as brat posts it. Out: a mapping of id to {"type", "offsets", "texts"}, or of id to {"type", "target",
"refdb", "refid"}, which brat writes into its `.ann` under ids of its own. The protocol knows neither probabilities nor
relations, and brat 1.3 ends a request over a mention in several fragments, so such mentions are left to `relext
annotate`.

References
----------
brat rapid annotation tool, https://brat.nlplab.org/configuration.html (tools.conf) and its `server/src/tag.py`.

Examples
--------
>>> lexicon = parse_lexicon("aspirin\\tDrug\\tUMLS\\tC0004057\\n", source="drugs.tsv")
>>> find_concept(lexicon, "Aspirin", "Drug")
Concept(database='UMLS', identifier='C0004057')
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.errors import InputError
from corpus_tools.standoff import Document
from corpus_tools.storage import read_text
from relext.loop.annotate import Annotator, add_found_mentions, prepare_document
from relext.loop.sources import parse_transcription

MAX_LEXICON_BYTES = 256 << 20
_NAME = re.compile(r"[^\s:]+")

Answer = dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Concept:
    """Hold an entry of a database, as an N line names it."""

    database: str
    identifier: str


Lexicon = Mapping[tuple[str, str], Concept]


def tag_text(annotator: Annotator, text: str, *, lexicon: Lexicon | None = None) -> Answer:
    """Return the mentions that a model finds in a text, as brat takes them.

    Raises
    ------
    InputError
        Where the model has no finder of mentions.
    """
    if annotator.finder is None:
        raise InputError("the model has no mention finder; train one with relext train --mentions")
    prepared = prepare_document(annotator, parse_transcription(text, "text"))
    (found,) = add_found_mentions(annotator, [prepared])
    return format_answer(found.document, lexicon or {})


def format_answer(document: Document, lexicon: Lexicon) -> Answer:
    """Return the mentions of one fragment, and the concepts of those that the lexicon knows."""
    answer: Answer = {}
    for textbound in document.textbounds:
        if len(textbound.fragments) != 1:
            continue
        (span,) = textbound.fragments
        offsets = [[span.start, span.end]]
        answer[textbound.id] = {"type": textbound.type, "offsets": offsets, "texts": [textbound.text]}
        if concept := find_concept(lexicon, textbound.text, textbound.type):
            answer[f"N{textbound.id[1:]}"] = {
                "type": "Reference",
                "target": textbound.id,
                "refdb": concept.database,
                "refid": concept.identifier,
            }
    return answer


def find_concept(lexicon: Lexicon, words: str, mention_type: str) -> Concept | None:
    """Return the entry for words, whatever their case and blanks, of this type or of any."""
    normal = _normalize(words)
    return lexicon.get((normal, mention_type)) or lexicon.get((normal, ""))


def read_lexicon(path: Path) -> Lexicon:
    """Read a lexicon; see `parse_lexicon`.

    Raises
    ------
    InputError
        Where it is no file that can be read, is too large, or a line is none of a lexicon.
    """
    return parse_lexicon(read_text(path, max_bytes=MAX_LEXICON_BYTES, strip_bom=True), source=str(path))


def parse_lexicon(text: str, *, source: str) -> Lexicon:
    """Parse lines of words, type, database, identifier, TAB between them; an empty type stands for any.

    Of two lines for the same words and type, the first counts.

    Raises
    ------
    InputError
        Where a line has other columns, or a name that an N line can't hold.
    """
    lexicon: dict[tuple[str, str], Concept] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        columns = line.rstrip("\r").split("\t")
        if len(columns) != 4 or not all(_NAME.fullmatch(name) for name in columns[2:]):
            raise InputError(f"{source}:{number}: expected words, type, database and identifier, TAB between them")
        words, mention_type, database, identifier = columns
        lexicon.setdefault((_normalize(words), mention_type), Concept(database, identifier))
    return lexicon


def _normalize(words: str) -> str:
    return " ".join(words.casefold().split())
