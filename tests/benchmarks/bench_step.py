"""How much a training step costs beside the bare encoder over the same windows.

Run: python -m tests.benchmarks.bench_step CORPUS [--encoder minilm] [--trained] [--documents 200] [--repeats 3]

Prints one JSON object: seconds of the encoder's forward and backward in its best numbers and attention, with as many
windows of like length together as make it fastest; seconds of whole training steps, optimizer included; their ratio;
and tokens a second of prediction beside the encoder's forward alone. The encoder is timed twice: the layers that the
model uses, and `whole`, all that its folder holds. A frozen encoder has run before: what is timed reads on from what it
gave, predictions too, so give `--trained` for those. The best of the repeats counts. `--clock cpu`
counts processor time, for a machine that is busy with other work; a GPU is waited for, its batches bound to it counted.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import torch

from corpus_tools.assembly import read_corpus
from relext.config import ALL, Config
from relext.data import WindowedDocument, iterate_batches, learn_labels, plan_batches
from relext.data.groups import group_windows
from relext.model import Encoder, place_encoder, probe_machine
from relext.prediction import BATCH_TOKENS, decode_batch
from relext.training.loop import TrainingRun, run_step
from relext.training.preparation import load_marked_encoder, prepare_run, settle_config

ENCODER_BATCHES = (1024, 2048, 4096, 8192)  # tokens of windows encoded together; the fastest counts


def best_of(works: Mapping[str, Callable[[], object]], *, repeats: int, clock: Callable[[], float]) -> dict[str, float]:
    """Return the fewest seconds that each piece of work took; they take turns, so that a busy hour slows all alike."""
    best = dict.fromkeys(works, math.inf)
    for _ in range(repeats):
        for name, work in works.items():
            started = clock()
            work()
            wait_for_device()
            best[name] = min(best[name], clock() - started)
    return best


def wait_for_device() -> None:
    """Wait until what a GPU was given to do is done."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def encode(encoder: Encoder, run: TrainingRun, *, batch_tokens: int, backward: bool) -> None:
    """Run a bare encoder over the windows of a run's documents."""
    encoder.train(backward)
    documents = run.part.documents
    windows = [window for document in documents for window in document.windows]
    for group in plan_batches([len(window.token_ids) for window in windows], batch_tokens=batch_tokens):
        for grid in group_windows([windows[n] for n in group], run.part.pad_id)[0]:
            there = grid.to(run.machine.device)
            with torch.set_grad_enabled(backward):
                states = encoder(there.token_ids, there.mask)
            if backward:
                states.backward(torch.ones_like(states))
                encoder.zero_grad(set_to_none=True)


def train_epoch(run: TrainingRun) -> None:
    """Take every step of one epoch."""
    for step in run.part.steps(run.settings, 0):
        run_step(run, [[run.part.documents[n] for n in batch] for batch in step])


def predict(run: TrainingRun, documents: Sequence[WindowedDocument]) -> None:
    """Decode every document."""
    for _, batch in iterate_batches(documents, pad_id=run.part.pad_id, batch_tokens=BATCH_TOKENS):
        decode_batch(run.network, batch.to(run.machine.device))


def measure(
    run: TrainingRun, encoders: Mapping[str, Encoder], *, repeats: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Return the seconds of each piece of work and what they say; the encoders are `used` and `whole`."""
    documents = run.part.documents

    def bare(backward: bool) -> dict[str, Callable[[], object]]:
        return {
            f"{name} {size}": partial(encode, encoder, run, batch_tokens=size, backward=backward)
            for name, encoder in encoders.items()
            for size in ENCODER_BATCHES
        }

    def fastest(seconds: Mapping[str, float], name: str) -> float:
        return min(value for key, value in seconds.items() if key.startswith(name))

    run.network.train()
    trained = best_of({"step": partial(train_epoch, run), **bare(True)}, repeats=repeats, clock=clock)
    run.network.eval()
    read = best_of({"prediction": partial(predict, run, documents), **bare(False)}, repeats=repeats, clock=clock)
    step, predicted = trained.pop("step"), read.pop("prediction")
    encoder, forward = fastest(trained, "used"), fastest(read, "used")
    whole_encoder, whole_forward = fastest(trained, "whole"), fastest(read, "whole")
    pairs = sum(len(document.pairs) for document in documents)
    return {
        "documents": len(documents),
        "tokens": sum(document.tokens for document in documents),
        "pairs": pairs,
        "tokens_read": sum(document.tokens_read for document in documents),
        "encoder_seconds": encoder,
        "step_seconds": step,
        "step_ratio": step / encoder,
        "whole_encoder_seconds": whole_encoder,
        "step_ratio_to_whole": step / whole_encoder,
        "encoder_forward_seconds": forward,
        "prediction_seconds": predicted,
        "prediction_share": forward / predicted,
        "prediction_share_of_whole": whole_forward / predicted,
        "training_pairs_per_second": pairs / step,
        "prediction_pairs_per_second": pairs / predicted,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--encoder-layers", type=int)
    parser.add_argument("--trained", action="store_true", help="train the encoder, whatever the default is")
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch-tokens", type=int)
    parser.add_argument("--marking", choices=("none", "levitated", "first", "pair"))
    parser.add_argument("--window-sentences", type=int)
    parser.add_argument("--pooled-size", type=int)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    given = parser.parse_args()
    config = Config().overridden(
        encoder=given.encoder,
        encoder_layers=given.encoder_layers,
        freeze_layers=0 if given.trained else None,
        batch_tokens=given.batch_tokens,
        marking=given.marking,
        window_sentences=given.window_sentences,
        pooled_size=given.pooled_size,
    )
    corpus = read_corpus(given.corpus)
    documents = list(islice(corpus.documents("train"), given.documents))
    scheme = learn_labels(documents, corpus.schema)
    machine = probe_machine(config.training)
    loaded = load_marked_encoder(documents, scheme, config)
    asked = {"used": config, "whole": config.overridden(encoder_layers=ALL)}
    encoders = {name: load_marked_encoder(documents, scheme, each).module for name, each in asked.items()}
    config = settle_config(config, loaded)
    for encoder in encoders.values():
        encoder.freeze(0, table=bool(config.training.freeze_embeddings))  # as that of the model is
        place_encoder(encoder, machine)
    run = prepare_run(documents, [], scheme=scheme, loaded=loaded, config=config, machine=machine)
    clock = time.perf_counter if given.clock == "wall" else time.process_time
    print(json.dumps(measure(run, encoders, repeats=given.repeats, clock=clock), indent=2))


if __name__ == "__main__":
    main()
