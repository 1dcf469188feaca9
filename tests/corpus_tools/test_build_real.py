"""The build on real exports: every line of every file ends in exactly one place, offsets are exact."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus_tools.assembly import PARTS, BuildSettings, CorpusDocument, check_document, read_corpus
from corpus_tools.build import Built, build_corpus
from corpus_tools.sentences import CANDIDATE, CAUSES

EXPORTS = ("cancermine/annotator-1", "ddi2013/Train", "lct", "maccrobat2020", "pilot", "quirks")


@dataclass(frozen=True)
class BuiltExport:
    """Hold an export and the corpus that was built from it."""

    export: Path
    built: Built

    def documents(self) -> Iterator[CorpusDocument]:
        """Yield the documents of all parts."""
        corpus = read_corpus(self.built.path)
        return (document for part in PARTS for document in corpus.documents(part))


@pytest.fixture(scope="module", params=EXPORTS)
def one(request: pytest.FixtureRequest, project: Path, tmp_path_factory: pytest.TempPathFactory) -> BuiltExport:
    """Return a corpus built from one of the exports."""
    if request.param == "pilot":
        export = project / "annotations" / "pilot" / "gold"
    else:
        export = request.getfixturevalue("shared_data") / request.param
    if not export.is_dir():
        pytest.skip(f"{request.param} is not there")
    out = tmp_path_factory.mktemp("corpora") / "corpus"
    return BuiltExport(export, build_corpus(export, out, settings=BuildSettings(min_samples=1)))


def count_raw_lines(export: Path) -> Counter[str]:
    """Count the lines of all `.ann` by their first character, without any reader of ours."""
    lines = (line for path in export.rglob("*.ann") for line in path.read_bytes().split(b"\n") if line)
    return Counter(line.removeprefix(b"\xef\xbb\xbf")[:1].decode("latin-1") for line in lines)


def test_every_line_of_the_files_is_kept_or_rejected(one: BuiltExport) -> None:
    raw = count_raw_lines(one.export)
    for kind in ("T", "R", "E", "A", "M", "N", "#", "*"):
        counts = one.built.summary.lines[kind]
        assert counts["read"] == raw[kind], kind
        assert counts["kept"] + counts["rejected"] == counts["read"], kind


def test_every_kept_mention_and_relation_ends_exactly_once(one: BuiltExport) -> None:
    accounts, lines = one.built.summary.accounts, one.built.summary.lines
    for name, kind in (("mentions", "T"), ("relations", "R")):
        ended = {place: count for place, count in accounts[name].items() if place != "kept"}
        assert sum(ended.values()) == accounts[name]["kept"] == lines[kind]["kept"]
    assert accounts["documents"]["read"] == sum(n for name, n in accounts["documents"].items() if name != "read")


def test_the_tables_hold_what_the_accounts_say(one: BuiltExport) -> None:
    mentions, relations = Counter[str](), Counter[str]()
    for document in one.documents():
        assert len({mention.id for mention in document.mentions}) == len(document.mentions)
        assert len({relation.id for relation in document.relations}) == len(document.relations)
        mentions.update(document.lost_mentions.get(mention.id, "segment") for mention in document.mentions)
        relations.update(relation.reach for relation in document.relations)
    accounts = one.built.summary.accounts
    assert mentions == {name: n for name, n in accounts["mentions"].items() if name != "kept" and name in mentions}
    assert relations == {name: n for name, n in accounts["relations"].items() if name != "kept" and name in relations}
    assert relations.keys() <= {CANDIDATE, *CAUSES}


def test_source_offsets_spell_every_mention(one: BuiltExport) -> None:
    for document in one.documents():
        assert list(check_document(document)) == []
        for segment in document.segments:
            assert all(
                0 <= span.start < span.end <= len(segment.text) for m in segment.mentions for span in m.fragments
            )


def test_a_relation_that_is_reached_stands_on_its_pair(one: BuiltExport) -> None:
    for document in one.documents():
        reached = sum(relation.reach == CANDIDATE for relation in document.relations)
        labels = sum(len(pair.label.split("+")) for pair in document.pairs if pair.label != "NO_RELATION")
        assert labels == reached, document.doc_id


def test_no_group_lies_in_two_parts(one: BuiltExport) -> None:
    assert not any(leak.groups_across for leak in one.built.summary.plan.leaks)
