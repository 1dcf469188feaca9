"""Time the build of a corpus: linear in documents, flat in memory, and where the time goes.

Run from the project's root: `python -m tests.benchmarks.bench_build [EXPORT]`, EXPORT being a brat export (by default
lct among the real corpora). It prints
- the share of each stage, on one copy in this process;
- seconds and peak memory of `corpus build` on the export copied 1, 2, 4 and 8 times, each in a process of its own;
- the line through these: milliseconds and kilobytes a further document, and the exponent of growth, which is 1 where
  time is linear. The constant part is start-up and the report.
"""

import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus_tools.assembly import count_figures
from corpus_tools.assembly.staging import pair_documents, stage_document
from corpus_tools.assembly.tables import tabulate
from corpus_tools.build import build_corpus
from corpus_tools.execution import paused_collector
from corpus_tools.rounds import sign_text
from corpus_tools.sentences import clean_document, segment_document
from corpus_tools.standoff import align_document, find_documents, find_schema, observed_schema, read_document
from tests.conftest import SHARED_DATA

COPIES = (1, 2, 4, 8)
Numbers = NDArray[np.float64]


def copy_export(export: Path, folder: Path, copies: int) -> Path:
    """Copy an export that many times side by side and return the folder that holds the copies."""
    for number in range(copies):
        shutil.copytree(export, folder / f"copy-{number}")
    return folder


def measure_build(export: Path, out: Path) -> tuple[float, float]:
    """Build in this process; return seconds, and the peak of its memory in MiB."""
    start = time.perf_counter()
    build_corpus(export, out)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_growth(export: Path) -> None:
    """Print seconds and memory by number of copies, and how both grow."""
    documents = sum(1 for _ in find_documents(export))
    measured: list[tuple[int, float, float]] = []
    print(f"{'copies':>6} {'documents':>9} {'seconds':>8} {'ms/document':>11} {'peak MiB':>8}")
    for copies in COPIES:
        with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(1) as pool:
            many = copy_export(export, Path(folder) / "export", copies)
            seconds, peak = pool.apply(measure_build, (many, Path(folder) / "corpus"))
        total = copies * documents
        measured.append((total, seconds, peak))
        print(f"{copies:>6} {total:>9} {seconds:>8.1f} {1000 * seconds / total:>11.2f} {peak:>8.0f}", flush=True)
    print(format_growth(*map(np.array, zip(*measured, strict=True))))


def format_growth(documents: Numbers, seconds: Numbers, peaks: Numbers) -> str:
    """Return the slopes of time and memory, and the exponent with which the time without its constant part grows."""
    slope, constant = np.polyfit(documents, seconds, 1)
    memory, _ = np.polyfit(documents, peaks, 1)
    exponent, _ = np.polyfit(np.log(documents), np.log(np.maximum(seconds - max(constant, 0.0), 1e-9)), 1)
    return (
        f"{1000 * slope:.2f} ms a further document beside {constant:.1f} s, exponent of growth {exponent:.2f}; "
        f"{1024 * memory:.1f} KiB of memory a further document"
    )


def print_shares(export: Path) -> None:
    """Print the share of time of each stage on one copy, each stage over all documents before the next."""
    seconds: defaultdict[str, float] = defaultdict(float)

    def run(stage: str, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        start = time.perf_counter()
        results = [function(item) for item in items]
        seconds[stage] += time.perf_counter() - start
        return results

    read = run("read", read_document, find_documents(export))
    aligned = run("align", align_document, read)
    cleaned = run("clean", clean_document, aligned)
    run("segment", segment_document, cleaned)
    run("signature", sign_text, (each.document.text for each in aligned))
    schema = find_schema(export) or observed_schema(each.document for each in aligned)
    staged = [stage_document(each).document for each in aligned]
    start = time.perf_counter()
    paired = list(pair_documents(staged, schema, max_sentence_distance=1))
    seconds["pair"] += time.perf_counter() - start
    run("figures", count_figures, paired)
    run("tables", tabulate, [paired[start : start + 64] for start in range(0, len(paired), 64)])
    total = sum(seconds.values())
    print(f"{'stage':>10} {'seconds':>9} {'share':>6}")
    for stage, own in seconds.items():
        print(f"{stage:>10} {own:>7.2f} s {own / total:>6.1%}")


def main() -> None:
    """Print growth and shares."""
    export = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED_DATA / "lct"
    with paused_collector():  # as the build does
        print_shares(export)
    print_growth(export)


if __name__ == "__main__":
    main()
