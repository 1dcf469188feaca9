"""Statistics of any corpus: a CSV of transcriptions, a brat export, or a built corpus folder.

In: a path. Out: `Statistics`: the figures of its documents, what stop words would destroy, and, for transcriptions,
missing values, what a split by row would leak, and, where they are MTSamples, the paper's numbers beside ours.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from corpus_tools.assembly.examples import Example, make_example
from corpus_tools.assembly.figures import Figures, count_figures, include_figures, summarize_figures
from corpus_tools.assembly.folder import read_corpus
from corpus_tools.assembly.metadata import Metadata, find_metadata, find_row, read_metadata
from corpus_tools.assembly.paper import Comparison, CountedText, compare_with_paper, looks_like_mtsamples
from corpus_tools.assembly.split import PARTS, RowSplit, measure_row_split
from corpus_tools.assembly.staging import stage_document
from corpus_tools.assembly.tables import CorpusDocument
from corpus_tools.errors import InputError, UsageError
from corpus_tools.rounds import (
    SpecialtyCount,
    Transcription,
    TranscriptionTable,
    find_near_duplicates,
    read_transcriptions,
    sign_text,
)
from corpus_tools.sentences import preprocess
from corpus_tools.standoff import Reject, align_document, parse_document, read_project


@dataclass(frozen=True, slots=True)
class StopWords:
    """Count what the paper's stop-word step drops; `destroyed` are negations, words of time and of dose."""

    tokens: int
    removed: int
    destroyed: dict[str, int]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Hold what was counted; what follows the examples is empty where the source is no CSV.

    Attributes
    ----------
    source : str
        "transcriptions", "brat" or "corpus".
    figures : Figures
        Over distinct texts, where the source is a CSV.
    examples : tuple of Example
        One document a specialty, before and after preprocessing.
    listings : int
        Rows of the CSV.
    """

    source: str
    figures: Figures
    stop_words: StopWords
    examples: tuple[Example, ...] = ()
    listings: int = 0
    specialties: tuple[SpecialtyCount, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    paper: tuple[Comparison, ...] = ()
    row_split: RowSplit | None = None
    rejects: Mapping[str, int] = field(default_factory=dict)

    def to_json(self, *, show_text: bool = False) -> dict[str, object]:
        """Return the statistics as JSON values; without `show_text` they hold no text."""
        return {
            "source": self.source,
            "figures": summarize_figures(self.figures),
            "stop_words": asdict(self.stop_words),
            "examples": [each.to_json(show_text=show_text) for each in self.examples],
            "listings": self.listings,
            "specialties": [asdict(each) for each in self.specialties],
            "missing": [{"column": column, "rows": rows} for column, rows in self.missing],
            "paper": [
                {**asdict(each), "reproduced": each.is_reproduced, "finding": each.finding} for each in self.paper
            ],
            "row_split": asdict(self.row_split) if self.row_split else None,
            "rejects": dict(self.rejects),
        }


def measure_statistics(path: Path, *, min_samples: int = 50, seed: int = 13, paper: bool = False) -> Statistics:
    """Count what a CSV of transcriptions, a brat export or a corpus folder holds.

    Parameters
    ----------
    min_samples : int, listings
        With how many a specialty qualifies; of a CSV only.
    seed : int
        Of the split by row whose leak is measured.
    paper : bool
        Whether a CSV is set beside the paper's figures though it does not look like MTSamples, which always is.

    Raises
    ------
    UsageError
        Where there is nothing at the path.
    InputError
        Where it holds no document, or can't be read.
    """
    if path.is_file():
        return _measure_transcriptions(read_transcriptions(path, min_samples=min_samples), seed, paper=paper)
    if not path.is_dir():
        raise UsageError(f"{path}: there is no such file or folder; expected a CSV, a brat export or a corpus folder")
    source = "corpus" if (path / "manifest.json").is_file() else "brat"
    rejects: list[Reject] = []
    counted = _count(_read_built(path) if source == "corpus" else _read_export(path, rejects))
    if not counted[0].document_words:
        raise InputError(f"{path}: holds no document that can be read")
    return Statistics(source, *counted, rejects=Counter(reject.code for reject in rejects))


def _read_built(path: Path) -> Iterator[CorpusDocument]:
    corpus = read_corpus(path)
    return (document for part in PARTS for document in corpus.documents(part))


def _read_export(path: Path, rejects: list[Reject]) -> Iterator[CorpusDocument]:
    metadata = find_metadata(path)
    rows = read_metadata(metadata) if metadata else {}
    for aligned in read_project(path, on_skip=rejects.append):
        rejects += aligned.rejects
        if not aligned.is_rejected:
            yield stage_document(aligned, find_row(rows, aligned.document.doc_id)).document


def _count(documents: Iterable[CorpusDocument]) -> tuple[Figures, StopWords, tuple[Example, ...]]:
    figures, dropped = Figures(), Counter[str]()
    first: dict[str, CorpusDocument] = {}  # of each specialty
    for document in documents:
        view = preprocess(document.text)
        dropped.update({"tokens": len(view.tokens), "removed": len(view.removed), **view.destroyed})
        include_figures(figures, count_figures(document))
        for specialty in document.specialties or ("",):
            first[specialty] = min(document, first.get(specialty, document), key=lambda each: each.doc_id)
    tokens, removed = dropped.pop("tokens", 0), dropped.pop("removed", 0)
    stop_words = StopWords(tokens, removed, dict(sorted(dropped.items())))
    return figures, stop_words, tuple(make_example(name, first[name]) for name in sorted(first))


def _measure_transcriptions(table: TranscriptionTable, seed: int, *, paper: bool) -> Statistics:
    transcriptions = (*table.transcriptions, *table.left_out)
    qualified = {each.specialty for each in table.specialties if each.qualifies}
    signatures = {each.doc_id: sign_text(each.text) for each in transcriptions}
    compared = paper or looks_like_mtsamples(table.listings, len(table.specialties))
    texts = [_count_text(each, qualified) for each in transcriptions] if compared else []
    alike = [(first, second) for first, second, _ in find_near_duplicates(signatures)]
    return Statistics(
        "transcriptions",
        *_count(_make_document(each) for each in transcriptions),
        listings=table.listings,
        specialties=table.specialties,
        missing=table.missing,
        paper=compare_with_paper(texts, len(table.specialties)) if compared else (),
        row_split=measure_row_split([(each.doc_id, len(each.rows)) for each in transcriptions], alike, seed=seed),
    )


def _make_document(transcription: Transcription) -> CorpusDocument:
    read = parse_document(transcription.text, "", doc_id=transcription.doc_id)
    return stage_document(align_document(read), Metadata(transcription.specialties)).document


def _count_text(transcription: Transcription, qualified: set[str]) -> CountedText:
    own = set(transcription.specialties)
    counts = {
        "listings": len(transcription.rows),
        "texts by specialty": len(own),
        "texts by qualified specialty": len(own & qualified),
        "distinct texts": 1,
    }
    return CountedText(transcription.text, counts)
