"""How fast `relext annotate` is beside the bare encoder over the same windows, and whether its memory stays flat.

Run: python -m tests.benchmarks.bench_annotate MODEL TEXTS [--documents 500 2376]

Each number of documents is annotated by a process of its own, with one worker and one thread. Prints one JSON object a
number: documents and tokens a second, the share of the time that the forward passes of the encoders take (what a bare
encoder would take for the same tokens, since nothing else is measured inside), and the peak of the memory. Seconds are
processor time, for a machine that is busy with other work.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import torch

from relext.loop import AnnotatorSettings, TextSource, annotate_texts, list_texts
from relext.loop.shards import open_annotator


class Meter:
    """Count what passes through encoders, and the processor time it takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.tokens = 0
        self.started = 0.0

    def watch(self, encoder: torch.nn.Module) -> None:
        """Count what passes through an encoder from now on."""
        encoder.register_forward_pre_hook(self._start)
        encoder.register_forward_hook(self._stop)

    def _start(self, _: object, arguments: tuple[torch.Tensor, ...]) -> None:
        self.tokens += int(arguments[1].sum())
        self.started = time.process_time()

    def _stop(self, *_: object) -> None:
        self.seconds += time.process_time() - self.started


def measure(model: Path, texts: Path, documents: int, *, characters: int) -> dict[str, float]:
    """Annotate some documents, or so many characters of each, in this process and return what it took."""
    settings, meter = AnnotatorSettings(model, device="cpu"), Meter()
    annotator = open_annotator(settings)
    meter.watch(annotator.model.network.encoder)
    if annotator.finder is not None:
        meter.watch(annotator.finder.network.encoder)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        sources = map(partial(cut_text, characters=characters), islice(list_texts(texts), documents))
        summary = annotate_texts(settings, sources, Path(folder) / "out")
    seconds = time.process_time() - started
    return {
        "documents": summary.documents,
        "mentions": summary.found_mentions,
        "relations": summary.relations,
        "seconds": seconds,
        "documents_per_second": summary.documents / seconds,
        "tokens_per_second": meter.tokens / seconds,
        "encoder_share": meter.seconds / seconds,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def cut_text(source: TextSource, *, characters: int) -> TextSource:
    """Return a text's beginning, where it is at hand and not in files."""
    return replace(source, content=source.content[:characters]) if isinstance(source.content, str) else source


def main() -> None:
    """Measure one number of documents here, or several in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--documents", type=int, nargs="+", default=[500, 2376])
    parser.add_argument("--characters", type=int, default=1 << 30, help="Read so much of each text of a CSV.")
    options = parser.parse_args()
    if len(options.documents) == 1:
        print(
            json.dumps(measure(options.model, options.texts, options.documents[0], characters=options.characters)),
            flush=True,
        )
        return
    for count in options.documents:
        command = [sys.executable, "-m", "tests.benchmarks.bench_annotate", str(options.model), str(options.texts)]
        subprocess.run([*command, "--documents", str(count), "--characters", str(options.characters)], check=True)


if __name__ == "__main__":
    main()
