"""What finds mentions better: one tagger a type, or the classifier of spans.

Run: python -m tests.benchmarks.bench_finder CORPUS [--documents 120] [--held-out 40] [--epochs 6] [--freeze all]

Both are trained on the same documents of the training part and scored from the text alone on the same ones of the
validation part, which also decide the epoch and the least probability: the figures compare, they do not promise. With
the encoder frozen only the layers above it are trained, which takes minutes instead of hours.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from corpus_tools.assembly import Corpus, CorpusDocument, read_corpus, write_corpus
from relext.config import Config
from relext.evaluation import MentionEvaluation, evaluate_mentions
from relext.finding import find_documents
from relext.training import train_finder

SUBSET_SEED = 99
CONFIG = Config().overridden(encoder="minilm", threads=1, head_rate=2e-3)


def main() -> None:
    """Train both kinds and print a line for each."""
    options = _parse_options()
    with tempfile.TemporaryDirectory() as folder:
        whole = read_corpus(options.corpus)
        sizes = {"train": options.documents, "validation": options.held_out}
        parts = {part: choose(whole, part, size) for part, size in sizes.items()}
        corpus = write_corpus(Path(folder) / "subset", parts, schema=whole.schema)
        for kind in ("tagger", "spans"):
            config = CONFIG.overridden(
                finder=kind,
                mention_epochs=options.epochs,
                mention_patience=options.epochs,
                freeze_layers=options.freeze if options.freeze == "all" else int(options.freeze),
            )
            print(f"{kind}: {'; '.join(measure(corpus, config))}", flush=True)


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=120)
    parser.add_argument("--held-out", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--freeze", default="all", help="Layers of the encoder that stay as they are, or all.")
    return parser.parse_args()


def choose(corpus: Corpus, part: str, size: int) -> list[CorpusDocument]:
    """Return some documents of a part, the same ones every time."""
    documents = list(corpus.documents(part))
    order = np.random.default_rng(SUBSET_SEED).permutation(len(documents))[:size]
    return [documents[n] for n in order]


def measure(corpus: Corpus, config: Config) -> Iterator[str]:
    """Train a finder and yield what it reached and took."""
    started = time.process_time()
    finder = train_finder(corpus, config)
    seconds = time.process_time() - started
    documents = list(corpus.documents("validation"))
    yield from describe(
        evaluate_mentions(documents, list(find_documents(finder, documents, max_words=corpus.max_words)))
    )
    yield f"threshold {finder.threshold:g}"
    yield f"{seconds:.0f} s of processor time"


def describe(evaluation: MentionEvaluation) -> Iterator[str]:
    """Yield scores and the recall of each shape."""
    for name, scores in (("strict", evaluation.strict), ("relaxed", evaluation.relaxed)):
        figures = (scores.precision or 0.0, scores.recall or 0.0, scores.f1 or 0.0)
        yield f"{name} P {figures[0]:.3f} R {figures[1]:.3f} F1 {figures[2]:.3f}"
    for shape, share in evaluation.shapes.items():
        yield f"{shape} {share.part}/{share.whole}"


if __name__ == "__main__":
    main()
