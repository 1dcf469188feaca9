"""Time reading, validating and aligning brat documents beside a plain `split()` of the same lines.

Run from the project's root: `python -m tests.benchmarks.bench_standoff [DOCUMENTS]` (2,000 by default, of 60 T and 30 R
lines each, written to a scratch folder). It prints seconds, lines a second and the share of the plain reader's speed:
both open the same files. In the same run two other readers, brat_parser on whole files and bioc, neither of which
validates, aligns or repairs. Then the seconds for one document of once, twice and four times the lines.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import brat_parser
from bioc import brat as bioc_brat

from corpus_tools.standoff import align_document, parse_document, read_project

MENTIONS, RELATIONS, REPEATS = 60, 30, 5
WORDS = ("patient", "denies", "fever", "and", "chest", "pain", "on", "metformin", "since", "left", "hip", "surgery")


def write_documents(folder: Path, documents: int) -> None:
    """Write random notes with mentions of two words each and relations between them."""
    chance = random.Random(13)
    for number in range(documents):
        words = chance.choices(WORDS, k=300)
        text = " ".join(words)
        starts = [len(" ".join(words[:n])) + (n > 0) for n in range(300)]
        firsts = chance.choices(range(298), k=MENTIONS)
        spans = [(starts[n], starts[n + 1] + len(words[n + 1])) for n in firsts]
        lines = [f"T{n}\tFinding {start} {end}\t{text[start:end]}" for n, (start, end) in enumerate(spans, 1)]
        ends = [chance.sample(range(1, MENTIONS + 1), 2) for _ in range(RELATIONS)]
        lines += [f"R{n}\tcauses Arg1:T{first} Arg2:T{second}" for n, (first, second) in enumerate(ends, 1)]
        (folder / f"{number:05}.txt").write_text(text)
        (folder / f"{number:05}.ann").write_text("\n".join(lines) + "\n")


def split_lines(folder: Path) -> int:
    """Return how many lines there are after reading every file and splitting every line of annotations."""
    count = 0
    for path in sorted(folder.glob("*.ann")):
        path.with_suffix(".txt").read_bytes().decode()
        count += len([line.split() for line in path.read_bytes().decode().split("\n")[:-1]])
    return count


def read_lines(folder: Path) -> int:
    """Return how many lines there are after reading, validating and aligning every document."""
    return sum(len(aligned.document.lines) for aligned in read_project(folder))


def read_with_brat_parser(folder: Path) -> int:
    """Return how many annotations brat_parser finds in whole files."""
    count = 0
    for path in sorted(folder.glob("*.ann")):
        path.with_suffix(".txt").read_bytes().decode()
        parsed = brat_parser.parse_string(path.read_bytes().decode())
        count += len(parsed.entities) + len(parsed.relations)
    return count


def read_with_bioc(folder: Path) -> int:
    """Return how many annotations bioc's reader of brat files finds."""
    count = 0
    for path in sorted(folder.glob("*.ann")):
        text, ann = path.with_suffix(".txt").read_bytes().decode(), path.read_bytes().decode()
        parsed = bioc_brat.loads(text, ann, path.stem)
        count += len(parsed.entities) + len(parsed.relations)
    return count


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Return the fewest processor seconds that `work` took."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    """Print the two speeds, their ratio, and how time grows with the number of lines."""
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_documents(folder, documents)
        lines = split_lines(folder)
        assert read_lines(folder) == lines
        plain = best_of(REPEATS, lambda: split_lines(folder))
        ours = best_of(REPEATS, lambda: read_lines(folder))
        others = {
            "brat_parser": best_of(2, lambda: read_with_brat_parser(folder)),
            "bioc": best_of(2, lambda: read_with_bioc(folder)),
        }
    print(f"split()  {plain:.3f} s  {lines / plain:,.0f} lines/s")
    print(f"ours     {ours:.3f} s  {lines / ours:,.0f} lines/s  {plain / ours:.3f} of the plain speed")
    for name, seconds in others.items():
        print(f"{name}  {seconds:.3f} s  {plain / seconds:.3f} of the plain speed, without validation or alignment")
    for times in (1, 2, 4):
        ann = "".join(f"T{n}\tFinding 0 4\tpain\n" for n in range(times * 20_000))
        seconds = best_of(3, lambda ann=ann: align_document(parse_document("pain", ann, doc_id="a")))  # type: ignore[misc]
        print(f"{times * 20_000:,} lines in one document  {seconds:.3f} s")


if __name__ == "__main__":
    main()
