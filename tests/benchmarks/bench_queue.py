"""What the queue saves: the F1 of models trained on documents in its order, beside documents in random order.

Run: python -m tests.benchmarks.bench_queue CORPUS --name lct --out lct.json [--documents 160] [--seeds 3]
Then: python -m tests.benchmarks.bench_queue --plot queue.svg lct.json ddi.json

A part of the training documents plays the unlabelled pool. Both orders begin with the same random documents; at each
point the queue asks the model trained so far about the rest of the pool, and takes documents until they hold the next
share of the pool's annotations (mentions and relations). The encoder is frozen and its vectors are kept, so that only
the layers above are trained; each point begins with new weights. Documents of the validation part decide the epoch;
those of the test part, and as many of the training part outside the pool, are scored.
"""

import argparse
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from corpus_tools.assembly import CorpusDocument, read_corpus
from corpus_tools.rendering import new_figure
from corpus_tools.storage import format_json
from relext.config import ALL, Config
from relext.data import LabelScheme, WindowedDocument, learn_labels
from relext.loop.selection import choose_documents, judge_document
from relext.model import LoadedEncoder, TrainedModel, load_encoder, probe_machine
from relext.prediction import PredictedDocument, predict_windowed
from relext.training.freezing import keep_frozen_states
from relext.training.loop import TrainingPart, TrainingRun, fit
from relext.training.optimization import make_optimizer, make_schedule
from relext.training.preparation import make_network, settle_config, window_all
from relext.training.validation import ValidationPart, gold_keys

SHARES = (0.1, 0.25, 0.45, 0.7, 1.0)  # of the pool's annotations, one point of the curve each
TARGET = 0.95  # of the F1 that the whole pool gives
SUBSET_SEED = 99
# Layers above the encoder half as wide as usual, not recurrent, and faster to learn: each curve takes many trainings.
SMALL = Config().overridden(
    recurrence="none",
    word_hidden=64,
    sentence_hidden=64,
    pair_size=128,
    head_rate=2e-3,
    freeze_layers=ALL,
    device="cpu",
    precision="fp32",
    threads=1,
)


@dataclass(frozen=True)
class Bench:
    """Hold what every point of a curve shares."""

    pool: Sequence[CorpusDocument]
    windowed: Mapping[str, WindowedDocument]
    validation: ValidationPart
    test: ValidationPart
    scheme: LabelScheme
    schema: Any
    loaded: LoadedEncoder
    config: Config

    def cost(self, document: CorpusDocument) -> int:
        """Return how many annotations a document holds."""
        return len(document.mentions) + len(document.relations)


def set_up(path: Path, *, documents: int, held_out: int, max_pairs: int, config: Config) -> Bench:
    """Read a corpus, draw the pool and the held-out documents, and encode them once."""
    corpus = read_corpus(path)
    sizes = {"validation": held_out // 2, "test": held_out}
    drawn = {part: draw(corpus.documents(part), sizes[part], max_pairs=max_pairs) for part in ("validation", "test")}
    training = draw(corpus.documents("train"), documents + held_out, max_pairs=max_pairs)
    drawn |= {"train": training[:documents], "test": [*drawn["test"], *training[documents:]]}
    scheme = learn_labels(drawn["train"], corpus.schema, max_sentence_distance=config.model.max_sentence_distance)
    loaded = load_encoder(config.model.encoder, texts=(), scratch=config.scratch, seed=1)
    config = settle_config(config, loaded)
    loaded.module.freeze(config.training.freeze_layers)
    frozen = {"size": loaded.size, "pad_id": loaded.tokenizer.pad_id}
    windowed = {
        part: keep_frozen_states(window_all(each, scheme, loaded, config), loaded.module, **frozen)
        for part, each in drawn.items()
    }
    held = {
        part: ValidationPart(windowed[part], gold_keys(drawn[part], scheme), scheme, loaded.tokenizer.pad_id)
        for part in ("validation", "test")
    }
    by_id = {each.doc_id: each for each in windowed["train"]}
    return Bench(drawn["train"], by_id, held["validation"], held["test"], scheme, corpus.schema, loaded, config)


def draw(documents: Iterable[CorpusDocument], count: int, *, max_pairs: int) -> list[CorpusDocument]:
    """Return `count` documents of some pairs but not more than `max_pairs`, the same in every run."""
    fitting = [document for document in documents if 0 < len(document.pairs) <= max_pairs]
    order = np.random.default_rng(SUBSET_SEED).permutation(len(fitting))
    return [fitting[n] for n in order[:count]]


def train(bench: Bench, doc_ids: Sequence[str], *, seed: int) -> TrainedModel:
    """Train the layers above the encoder on some documents of the pool, repeated so that all points take like steps."""
    chosen = tuple(bench.windowed[doc_id] for doc_id in doc_ids if doc_id in bench.windowed)
    part = TrainingPart(chosen * round(len(bench.windowed) / len(chosen)), bench.loaded.tokenizer.pad_id)
    config = bench.config.overridden(seed=seed)
    steps = len(part.steps(config.training, 0))
    machine = probe_machine(config.training)
    network = make_network(bench.loaded, bench.scheme, config, machine)
    optimizer = make_optimizer(network, config.training, is_pretrained=True)
    schedule = make_schedule(optimizer, config.training, steps=steps * config.training.epochs)
    run = TrainingRun(network, part, bench.validation, optimizer, schedule, config.training, machine)
    fit(run, track=lambda items, _: iter(items), report=lambda _: None)
    return TrainedModel(network.eval(), bench.loaded.tokenizer, bench.scheme, bench.schema, config, bench.loaded.config)


def order_by_queue(bench: Bench, model: TrainedModel, rest: Sequence[CorpusDocument]) -> list[str]:
    """Return the rest of the pool as `relext queue` orders it; what has no candidate pair comes last."""
    ready = [bench.windowed[document.doc_id] for document in rest if document.doc_id in bench.windowed]
    found = {each.doc_id: each for each in predict_windowed(model, ready)}
    blank = [replace(document, relations=(), pairs=()) for document in rest]
    judged = [judge_document(each, found.get(each.doc_id, PredictedDocument(each.doc_id))) for each in blank]
    return [choice.doc_id for choice in choose_documents(judged, batch=len(judged))]


def take(bench: Bench, taken: Sequence[str], order: Sequence[str], *, budget: float) -> list[str]:
    """Return the documents taken so far and the next of an order until they hold `budget` annotations."""
    costs = {document.doc_id: bench.cost(document) for document in bench.pool}
    enough, total = list(taken), sum(costs[doc_id] for doc_id in taken)
    for doc_id in order:
        if total >= budget:
            break
        enough.append(doc_id)
        total += costs[doc_id]
    return enough


def run_seed(bench: Bench, seed: int) -> list[dict[str, object]]:
    """Return the points of both curves for one seed."""
    everything = sum(bench.cost(document) for document in bench.pool)
    shuffled = [bench.pool[n].doc_id for n in np.random.default_rng(seed).permutation(len(bench.pool))]
    first = take(bench, (), shuffled, budget=SHARES[0] * everything)
    beginning = train(bench, first, seed=seed)
    whole = train(bench, shuffled, seed=seed)
    rows = []
    for order in ("random", "queue"):
        taken, model = first, beginning
        for share in SHARES:
            rest = [document for document in bench.pool if document.doc_id not in set(taken)]
            if share > SHARES[0]:
                ahead = shuffled if order == "random" else order_by_queue(bench, model, rest)
                remaining = [doc_id for doc_id in ahead if doc_id not in set(taken)]
                taken = take(bench, taken, remaining, budget=share * everything)
                model = whole if share == 1 else train(bench, taken, seed=seed)
            costs = sum(bench.cost(document) for document in bench.pool if document.doc_id in set(taken))
            f1 = bench.test.score(model.network, model.device)
            rows.append(
                {"order": order, "seed": seed, "share": share, "annotations": costs, "documents": len(taken), "f1": f1}
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def annotations_for(points: Sequence[Mapping[str, Any]], target: float) -> float:
    """Return how many annotations a curve needs for an F1, on the straight lines between its points."""
    points = sorted(points, key=lambda point: point["annotations"])
    for before, after in pairwise(points):
        if before["f1"] >= target:
            return float(before["annotations"])
        if after["f1"] >= target:
            share = (target - before["f1"]) / (after["f1"] - before["f1"])
            return float(before["annotations"] + share * (after["annotations"] - before["annotations"]))
    return float(points[-1]["annotations"])


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and half width of the 95 % interval by Student's t over seeds."""
    spread = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return float(np.mean(values)), float(spread)


def summarize(rows: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Return each point's F1, the annotations that both orders need for 95 % of the whole pool's, and the gains."""
    seeds = sorted({row["seed"] for row in rows})
    curves = {
        order: [
            (share, *interval([r["f1"] for r in rows if r["order"] == order and r["share"] == share]))
            for share in SHARES
        ]
        for order in ("random", "queue")
    }
    needed: dict[str, list[float]] = {"random": [], "queue": []}
    for seed in seeds:
        own = [row for row in rows if row["seed"] == seed]
        target = TARGET * max(row["f1"] for row in own if row["share"] == 1)
        for order, found in needed.items():
            found.append(annotations_for([row for row in own if row["order"] == order], target))
    saved = [1 - mine / theirs for mine, theirs in zip(needed["queue"], needed["random"], strict=True)]
    gains = measure_gains(rows)
    return {
        "curves": curves,
        "needed": needed,
        "saved": saved,
        "saved_mean": interval(saved),
        "gains": gains,
        "gain_mean": interval(gains),
    }


def measure_gains(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return, a seed, how much higher the queue's F1 is, the mean over the points that the two orders don't share."""
    signs = {"queue": 1, "random": -1}
    inner = [row for row in rows if row["share"] in SHARES[1:-1]]
    return [
        sum(signs[row["order"]] * row["f1"] for row in inner if row["seed"] == seed) / len(SHARES[1:-1])
        for seed in sorted({row["seed"] for row in rows})
    ]


def draw_curves(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the curves of all corpora side by side, each point with its interval."""
    figure, _ = new_figure(width=4.2 * len(results), height=3.6)
    figure.clear()
    axes = figure.subplots(1, len(results), squeeze=False)[0]
    for plot, result in zip(axes, results, strict=True):
        for order, marker, shift in (
            ("random", "o", -0.6),
            ("queue", "s", 0.6),
        ):  # so that intervals stand side by side
            share, mean, spread = zip(*result["curves"][order], strict=True)
            plot.errorbar(
                [100 * each + shift for each in share], mean, yerr=spread, marker=marker, capsize=3, label=order
            )
        whole = result["curves"]["random"][-1][1]
        plot.axhline(TARGET * whole, linestyle=":", color="#555555", label="95 % of the whole pool")
        plot.set_ylim(bottom=0)
        plot.set_title(result["name"], fontsize=10)
        plot.set_xlabel("annotations, % of the pool")
        plot.set_ylabel("micro F1, held-out documents")
        plot.spines[["top", "right"]].set_visible(False)
        plot.legend(fontsize=8, loc="lower right")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Simulate one corpus, or draw the results of several."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", type=Path, nargs="+", help="A corpus folder, or with --plot the results.")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--name", default="corpus")
    parser.add_argument("--documents", type=int, default=160)
    parser.add_argument("--held-out", type=int, default=80)
    parser.add_argument("--max-pairs", type=int, default=60, help="Longer documents take too long to read.")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--encoder", default="minilm")
    options = parser.parse_args()
    if options.plot:
        draw_curves([json.loads(path.read_text("utf-8")) for path in options.paths], options.plot)
        return
    started = time.process_time()
    config = SMALL.overridden(encoder=options.encoder, epochs=options.epochs, patience=options.epochs)
    bench = set_up(
        options.paths[0],
        documents=options.documents,
        held_out=options.held_out,
        max_pairs=options.max_pairs,
        config=config,
    )
    print(f"set up: {time.process_time() - started:.0f} s", flush=True)
    rows = [row for seed in range(13, 13 + options.seeds) for row in run_seed(bench, seed)]
    result = {"name": options.name, "pool": len(bench.pool), "seconds": time.process_time() - started,
              "rows": rows, **summarize(rows)}  # fmt: skip
    print(format_json({key: result[key] for key in ("needed", "saved", "saved_mean", "gains", "gain_mean", "seconds")}))
    if options.out:
        options.out.write_text(format_json(result), "utf-8")


if __name__ == "__main__":
    main()
