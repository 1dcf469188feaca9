"""Time and judge cleaning, segmentation and candidates on the real corpora.

Run from the project's root: `python -m tests.benchmarks.bench_segmentation [FOLDER]`, FOLDER being the real corpora.
It prints
- boundary F1 of ours beside the bare splitter's, on the notes segmented by hand and on maccrobat2020 with its newlines
  blanked (its lines are the reference, a few of them broken inside a species name or after a citation);
- how often a boundary survives wrapping: MTSamples wrapped at 72 characters against itself unwrapped;
- where the gold relations of lct, ddi2013 and maccrobat2020 end, within a segment and with its neighbours;
- seconds a stage, and how time grows with a document's length.
"""

import csv
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import nupunkt

from corpus_tools.sentences import (
    clean_document,
    enumerate_pairs,
    find_gold_relations,
    label_pairs,
    segment_document,
    segment_text,
)
from corpus_tools.standoff import Span, align_document, parse_document, read_project
from tests.conftest import SHARED_DATA
from tests.corpus_tools.boundaries import find_ends, read_segmented_notes, score_boundaries


def split_ours(text: str) -> Iterable[Span]:
    """Return our segments without the cut at a number of words, for no reference has one."""
    return segment_text(text, max_words=len(text))


def split_bare(text: str) -> list[Span]:
    """Return what nupunkt alone makes of a text."""
    return [Span(*span) for span in nupunkt.load("default").spans(text, paragraph_breaks=False)]


def split_lines(text: str) -> list[Span]:
    """Return the lines of a text, without the white space behind them."""
    ends = (n for n, character in enumerate(text + "\n") if character == "\n")
    return [Span(0, len(text[:end].rstrip())) for end in ends if text[:end].strip()]


def print_boundaries(name: str, texts: dict[str, str], gold: set[tuple[str, int]]) -> None:
    """Print the boundary F1 and the speed of both splitters."""
    for system, splitter in (("ours", split_ours), ("bare", split_bare)):
        start = time.perf_counter()
        spans = {doc_id: splitter(text) for doc_id, text in texts.items()}
        seconds = time.perf_counter() - start
        found = {(doc_id, end) for doc_id, text in texts.items() for end in find_ends(text, spans[doc_id])}
        speed = sum(map(len, texts.values())) / seconds / 1e6
        print(f"{name:28} {system}  boundary F1 {score_boundaries(gold, found):.4f}  {speed:5.2f} M characters/s")


def bench_hand_set() -> None:
    """Judge both splitters on the notes segmented by hand."""
    notes = read_segmented_notes(Path(__file__).parents[1] / "corpus_tools" / "segmented_notes.txt")
    gold = {(name, end) for name, (text, spans) in notes.items() for end in find_ends(text, spans)}
    print_boundaries("hand-segmented notes", {name: text for name, (text, _) in notes.items()}, gold)


def bench_case_reports(corpora: Path) -> None:
    """Judge both splitters on case reports whose newlines are blanked."""
    lines = {
        path.stem: path.read_bytes().decode().strip() for path in sorted((corpora / "maccrobat2020").glob("*.txt"))
    }
    gold = {(doc_id, end) for doc_id, text in lines.items() for end in find_ends(text, split_lines(text))}
    print_boundaries("maccrobat2020, no newlines", {key: text.replace("\n", " ") for key, text in lines.items()}, gold)


def bench_wrapping(corpora: Path, *, width: int = 72) -> None:
    """Compare the segments of transcriptions with those of the same texts hard-wrapped."""
    with (corpora / "mtsamples" / "mtsamples.csv").open(encoding="utf-8", newline="") as file:
        texts = dict(enumerate(sorted({row["transcription"] for row in csv.DictReader(file)})[::10]))
    plain = {(str(n), end) for n, text in texts.items() for end in find_ends(text, segment_text(text))}
    wrapped = {n: "\n".join(textwrap.fill(line, width) for line in text.split("\n")) for n, text in texts.items()}
    found = {(str(n), end) for n, text in wrapped.items() for end in find_ends(text, segment_text(text))}
    print(f"mtsamples, wrapped at {width}: boundary F1 against itself {score_boundaries(plain, found):.4f}")


def bench_corpus(folder: Path, *, distance: int) -> None:
    """Print the reach of every gold relation of an export and the seconds a stage took."""
    aligned = list(read_project(folder))
    start = time.perf_counter()
    cleaned = [clean_document(document) for document in aligned]
    after_cleaning = time.perf_counter()
    segmented = [segment_document(document) for document in cleaned]
    after_segmentation = time.perf_counter()
    reaches: Counter[str] = Counter()
    count = 0
    for document, result in zip(aligned, segmented, strict=True):
        pairs = enumerate_pairs(result.segments, lambda *_: True, max_sentence_distance=distance)
        relations = find_gold_relations(document.document)
        labelled = label_pairs(
            pairs,
            result.segments,
            relations=relations,
            is_symmetric=lambda _: False,
            max_sentence_distance=distance,
        )
        reaches.update(labelled.reaches.values())
        count += len(pairs)
    seconds = (after_cleaning - start, after_segmentation - after_cleaning, time.perf_counter() - after_segmentation)
    print(f"{folder.name:14} distance {distance}: {len(aligned)} documents, {count:,} pairs, {dict(reaches)}")
    print(f"{'':14} cleaning {seconds[0]:.2f} s, segmentation {seconds[1]:.2f} s, candidates {seconds[2]:.2f} s")


def bench_growth() -> None:
    """Print the seconds that one ever longer document takes."""
    note = "PLAN:\n1. Aspirin 81 mg q.d. for the pain.\n\nShe was seen by Dr. Lee and was well.\n"
    for copies in (500, 1000, 2000, 4000):
        starts = range(0, copies * len(note), len(note))
        lines = (f"T{n}\tDrug {at + 9} {at + 16}\tAspirin\n" for n, at in enumerate(starts))
        aligned = align_document(parse_document(note * copies, "".join(lines), doc_id="long"))
        start = time.perf_counter()
        segments = segment_document(clean_document(aligned)).segments
        pairs = enumerate_pairs(segments, lambda *_: True, max_sentence_distance=3)
        print(f"{len(note) * copies:8,} characters: {time.perf_counter() - start:.2f} s, {len(pairs)} pairs")


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED_DATA
    bench_hand_set()
    bench_case_reports(root)
    bench_wrapping(root)
    for corpus in ("lct", "ddi2013", "maccrobat2020"):
        for max_sentence_distance in (0, 1):
            bench_corpus(root / corpus, distance=max_sentence_distance)
    bench_growth()
