"""How long `corpus agreement` takes beside a plain pass over the same files, and beside bratiaa where it is there.

The plain pass opens every `.ann`, splits its lines, and intersects sets of T and R: the least that any tool does. Two
projects are generated in a scratch folder: 2 annotators of 2,000 documents of 60 entities and 30 relations, and 5
annotators of 100,000 entities each; smaller ones show how time grows. On a busy machine only processor times compare.

Run: python -m tests.benchmarks.bench_agreement [--documents 2000] [--bratiaa PYTHON]
(PYTHON is an interpreter that has bratiaa; entities only, and without intervals.)
"""

import argparse
import functools
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

WORDS = (
    *("severe", "chest", "pain", "was", "given", "aspirin", "and", "metoprolol", "for", "acute", "infarction"),
    *("after", "lisinopril", "caused", "cough"),
)
TYPES = ("Symptom", "Diagnosis", "Procedure", "Medication", "Anatomy", "Finding")
LABELS = ("treats", "causes", "indicates", "associated-with", "part-of")
TARGET = 3.5  # times the plain pass

Entity = tuple[str, int, int]
Link = tuple[str, int, int]


def write_project(root: Path, *, annotators: int, documents: int, entities: int, relations: int) -> None:
    """Write a project in which the later annotators miss, move, retype and relabel some of what the first marked."""
    random_source = random.Random(1)
    (root / "annotation.conf").write_text(
        "\n".join(["[entities]", *TYPES, "[relations]", "[events]", "[attributes]", "Negated\tArg:<ENTITY>", ""])
    )
    for number in range(documents):
        words = [random_source.choice(WORDS) for _ in range(5 * entities)]
        marked = [
            (random_source.choice(TYPES), start, start + random_source.randint(1, 2))
            for start in sorted(random_source.sample(range(5 * entities - 3), entities))
        ]
        links = [
            (random_source.choice(LABELS), one, one + random_source.randint(1, 3))
            for one in random_source.sample(range(entities - 3), relations)
        ]
        for annotator in range(annotators):
            folder = root / f"annotator-{annotator + 1}"
            folder.mkdir(exist_ok=True)
            noise = 0.1 if annotator else 0.0
            text, ann = format_document(words, vary(marked, random_source, noise), links, random_source, noise)
            (folder / f"note-{number:05d}.txt").write_text(text)
            (folder / f"note-{number:05d}.ann").write_text(ann)


def vary(marked: list[Entity], source: random.Random, noise: float) -> dict[int, Entity]:
    """Return what another annotator marks, by the number of the entity."""
    kept: dict[int, Entity] = {}
    for number, (label, start, end) in enumerate(marked):
        if source.random() < noise:
            continue
        moved = end + (source.random() < noise / 2)
        kept[number] = (source.choice(TYPES) if source.random() < noise / 2 else label, start, moved)
    return kept


def format_document(
    words: list[str], kept: dict[int, Entity], links: list[Link], source: random.Random, noise: float
) -> tuple[str, str]:
    """Return the text, a full stop after every twelfth word, and its `.ann`."""
    starts, position, pieces = [], 0, []
    for index, word in enumerate(words):
        starts.append(position)
        pieces.append(word + (". " if index % 12 == 11 else " "))
        position += len(pieces[-1])
    text = "".join(pieces)
    lines, ids = [], {}
    for number, (label, first, end) in kept.items():
        ids[number] = f"T{len(ids) + 1}"
        start, stop = starts[first], starts[end - 1] + len(words[end - 1])
        lines.append(f"{ids[number]}\t{label} {start} {stop}\t{text[start:stop]}")
    related = [(label, one, two) for label, one, two in links if one in ids and two in ids and source.random() >= noise]
    lines += [f"R{n}\t{label} Arg1:{ids[one]} Arg2:{ids[two]}" for n, (label, one, two) in enumerate(related, start=1)]
    negated = [own for own in ids.values() if source.random() < 0.1]
    lines += [f"A{n}\tNegated {own}" for n, own in enumerate(negated, start=1)]
    return text, "\n".join(lines) + "\n"


def read_plainly(root: Path) -> float:
    """Return the F1 of entities and relations together, over sets, from nothing but split()."""
    read: list[dict[str, set[tuple[object, ...]]]] = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        documents: dict[str, set[tuple[object, ...]]] = {}
        for path in sorted(folder.glob("*.ann")):
            marked: dict[str, tuple[str, ...]] = {}
            items: set[tuple[object, ...]] = set()
            for line in path.read_text().split("\n"):
                fields = line.split("\t")
                if line.startswith("T"):
                    marked[fields[0]] = tuple(fields[1].split())
                    items.add(marked[fields[0]])
                elif line.startswith("R"):
                    label, arg1, arg2 = fields[1].split()
                    items.add((label, marked[arg1.split(":")[1]], marked[arg2.split(":")[1]]))
            documents[path.name] = items
        read.append(documents)
    first, second = read[:2]
    matched = sum(len(first[name] & second[name]) for name in first)
    return 2 * matched / sum(len(first[name]) + len(second[name]) for name in first)


def run_agreement(root: Path, *options: str) -> None:
    """Run the command in a process of its own, start included."""
    code = "from corpus_tools.cli import main; main()"
    command = [sys.executable, "-c", code, "agreement", str(root), "--json", "-q", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def run_bratiaa(root: Path, python: str) -> None:
    """Run bratiaa's own measure of entities."""
    code = (
        "import logging, sys, bratiaa; logging.disable(50); bratiaa.compute_f1_agreement(sys.argv[1]).mean_sd_total()"
    )
    subprocess.run([python, "-c", code, str(root)], check=True, stdout=subprocess.DEVNULL)


@dataclass(frozen=True, slots=True)
class Seconds:
    """Hold the wall time and the processor time, children included, that some work takes."""

    wall: float
    processor: float

    def times(self, other: "Seconds") -> str:
        """Say how many times another's this is."""
        return f"{self.wall / other.wall:.2f} times (processor {self.processor / other.processor:.2f})"


def measure_in_turn(works: Sequence[Callable[[], object]], *, repeats: int) -> list[Seconds]:
    """Run each of some works in turn, several times over, so that all see the same machine; return their medians."""
    runs: list[list[Seconds]] = [[] for _ in works]
    for _ in range(repeats):
        for work, own in zip(works, runs, strict=True):
            wall, processor = time.perf_counter(), count_processor_seconds()
            work()
            own.append(Seconds(time.perf_counter() - wall, count_processor_seconds() - processor))
    return [Seconds(median(each.wall for each in own), median(each.processor for each in own)) for own in runs]


def count_processor_seconds() -> float:
    """Return the seconds that this process and its finished children have computed."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--bratiaa", metavar="PYTHON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare_with_plain(Path(scratch) / "two", options)
        compare_sizes(Path(scratch) / "growing", options)
        measure_large(Path(scratch) / "five")


def compare_with_plain(root: Path, options: argparse.Namespace) -> None:
    """Measure two annotators: the plain pass, the command, and bratiaa where it is there, in turn."""
    root.mkdir()
    write_project(root, annotators=2, documents=options.documents, entities=60, relations=30)
    plain, ours = measure_in_turn([lambda: read_plainly(root), lambda: run_agreement(root)], repeats=options.repeats)
    print(f"plain pass        {plain.wall:6.2f} s, processor {plain.processor:.2f}")
    print(f"corpus agreement  {ours.wall:6.2f} s: the plain pass {ours.times(plain)}, asked: {TARGET}")
    if not options.bratiaa:
        print("bratiaa           left out: give --bratiaa an interpreter that has it")
        return
    plain, ours, peer = measure_in_turn(
        [lambda: read_plainly(root), lambda: run_agreement(root), lambda: run_bratiaa(root, options.bratiaa)], repeats=1
    )
    print(f"bratiaa           {peer.wall:6.2f} s: the plain pass {peer.times(plain)}, ours {peer.times(ours)}")


def compare_sizes(root: Path, options: argparse.Namespace) -> None:
    """Measure how time grows with documents and with the annotations of each."""
    for name, documents, entities in (
        ("documents", (1, 2, 4), (1, 1, 1)),
        ("annotations a document", (1, 1, 1), (1, 2, 4)),
    ):
        shown = []
        for more, denser in zip(documents, entities, strict=True):
            project = root / f"{name}-{more}-{denser}"
            project.mkdir(parents=True)
            count = options.documents // 4 * more
            write_project(project, annotators=2, documents=count, entities=30 * denser, relations=15 * denser)
            (taken,) = measure_in_turn([functools.partial(run_agreement, project)], repeats=1)
            shown.append(f"{taken.processor:.2f}")
        print(f"{name} 1x, 2x, 4x: processor {', '.join(shown)} s")


def measure_large(root: Path) -> None:
    """Measure five annotators of 100,000 entities each."""
    root.mkdir()
    write_project(root, annotators=5, documents=1000, entities=100, relations=30)
    (large,) = measure_in_turn([lambda: run_agreement(root)], repeats=1)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"100,000 items x 5 annotators: {large.wall:.2f} s, processor {large.processor:.2f} s, asked: 10")
    print(f"most memory: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
