"""The folder of a pretrained encoder: what Hugging Face's libraries read, its loss curve, and its card.

::

    encoder/
      config.json, model.safetensors              RoBERTa with its head for masked tokens
      tokenizer.json, tokenizer_config.json       its byte-level BPE tokenizer
      training.json                               settings, counts, machine, and the loss curve
      loss.svg, README.md                         the curve drawn, and the card that shows it

In: `Pretrained`. Out: the files by name; none holds a text that the encoder has learnt from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, processors

from corpus_tools.rendering import format_markdown_table, new_figure, svg_figure
from corpus_tools.storage import check_output, format_json, lock, new_folder, read_text, write_bytes
from relext import __version__
from relext.model import MIN_DOCUMENTS, format_weights
from relext.training.checkpoints import remove_checkpoints
from relext.training.pretrain import CurvePoint, Pretrained, Track, pretrain
from relext.training.pretrain_settings import COUNTED, PretrainSettings
from relext.training.texts import TextPool, read_pool

CARD, CURVE, RECORD = "README.md", "loss.svg", "training.json"
CARD_ROWS = 12  # points of the loss curve that the card's table shows
MAX_ABOUT_BYTES = 1 << 20
_NO_SOURCE = "No source was given."


def pretrain_to_folder(
    folders: Sequence[Path],
    out: Path,
    settings: PretrainSettings,
    *,
    about: str = _NO_SOURCE,
    force: bool = False,
    restart: bool = False,
    track: Track[Any] = lambda items, _: iter(items),
    report: Callable[[CurvePoint], None] = lambda _: None,
) -> tuple[Pretrained, TextPool]:
    """Pretrain an encoder on the texts of folders and write its folder, whole or not at all.

    While it runs, checkpoints lie beside `out`, in a folder of the same name with `.checkpoints` after it; a run that
    was stopped goes on from the last one, and with `restart` begins anew.

    Raises
    ------
    InputError, OutputExists, OutputBusy, ResourceExhausted
        Where a folder holds no text, or the output can't be written.
    UsageError, HostileModel
        Where the checkpoints are of another run, or have been changed.
    """
    check_output(out, force=force, inputs=folders)
    checkpoints = out.with_name(f"{out.name}.checkpoints")
    out.parent.mkdir(parents=True, exist_ok=True)
    with lock(out.with_name(f".{checkpoints.name}.lock")):
        if restart:
            remove_checkpoints(checkpoints)
        pool = read_pool(folders)
        pretrained = pretrain(pool, settings, checkpoints=checkpoints, track=track, report=report)
        with new_folder(out, force=force) as folder:
            for name, content in format_pretrained(pretrained, title=out.name, about=about).items():
                write_bytes(folder / name, content)
        remove_checkpoints(checkpoints)
    return pretrained, pool


def read_about(path: Path | None) -> str:
    """Read what a card says of its texts.

    Raises
    ------
    InputError
        Where the file is no UTF-8 text of at most `MAX_ABOUT_BYTES`.
    """
    if path is None:
        return _NO_SOURCE
    return read_text(path, max_bytes=MAX_ABOUT_BYTES)


def format_pretrained(pretrained: Pretrained, *, title: str, about: str) -> dict[str, bytes]:
    """Return the files of an encoder's folder by name.

    Parameters
    ----------
    about : str
        Markdown on the texts, their source and licence, for the card.
    """
    record = describe_pretraining(pretrained)
    texts = {
        "config.json": format_json(_format_config(pretrained)),
        "tokenizer.json": _frame_texts(pretrained).to_str(pretty=False),
        "tokenizer_config.json": format_json(_format_tokenizer_config(pretrained)),
        RECORD: format_json(record),
        CURVE: draw_curve(pretrained.progress.curve),
        CARD: format_card(record, title=title, about=about),
    }
    number = torch.bfloat16 if pretrained.settings.pretraining.weights == "bf16" else torch.float32
    weights = {name: weight.to(number) for name, weight in pretrained.model.named_weights().items()}
    return {name: text.encode("utf-8") for name, text in texts.items()} | {"model.safetensors": format_weights(weights)}


def describe_pretraining(pretrained: Pretrained) -> dict[str, Any]:
    """Return the record of a run: numbers and names, no text."""
    machine, progress = pretrained.machine, pretrained.progress
    return {
        "schema": "relext/pretraining",
        "schema_version": 1,
        "versions": {"relext": __version__, "torch": str(torch.__version__)},
        "settings": pretrained.settings.to_json(),
        "counts": dict(pretrained.counts),
        "parameters": sum(parameter.numel() for parameter in pretrained.model.parameters()),
        "vocabulary": pretrained.loaded.config["vocab_size"],
        "min_documents": MIN_DOCUMENTS,
        "steps": progress.step,
        "seconds": round(progress.seconds, 1),
        "device": machine.device.type,
        "precision": str(machine.precision).removeprefix("torch."),
        "threads": machine.threads,
        "curve": [asdict(point) for point in progress.curve],
    }


def _format_config(pretrained: Pretrained) -> dict[str, Any]:
    number = "bfloat16" if pretrained.settings.pretraining.weights == "bf16" else "float32"
    return {**pretrained.loaded.config, "architectures": ["RobertaForMaskedLM"], "dtype": number}


def _format_tokenizer_config(pretrained: Pretrained) -> dict[str, Any]:
    names = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>", "mask": "<mask>"}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": pretrained.loaded.limit,
        "clean_up_tokenization_spaces": False,
        **{f"{role}_token": token for role, token in names.items()},
    }


def _frame_texts(pretrained: Pretrained) -> Tokenizer:
    """Return the tokenizer as others use it: a text comes out with the tokens that open and close it."""
    tokenizer = Tokenizer.from_str(pretrained.loaded.tokenizer.tokenizer.to_str())
    ids = pretrained.loaded.tokenizer
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", ids.end_id), ("<s>", ids.start_id), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer


def draw_curve(curve: tuple[CurvePoint, ...]) -> str:
    """Return the loss curve as a standalone SVG, the same bytes for the same curve."""
    figure, axes = new_figure()
    axes.plot([point.step for point in curve], [point.train_loss for point in curve], label="training")
    kept = [(point.step, point.held_out_loss) for point in curve if point.held_out_loss is not None]
    if kept:
        axes.plot(*zip(*kept, strict=True), linestyle="--", label="held out")
    axes.set_xlabel("step")
    axes.set_ylabel("loss a masked token, nats")
    axes.legend(frameon=False)
    inline = str(svg_figure(figure, alt="loss curve"))
    return inline[inline.index("<svg") : inline.index("</svg>") + len("</svg>")] + "\n"


def format_card(record: Mapping[str, Any], *, title: str, about: str) -> str:
    """Return the card: what the encoder has read, how it was trained, how well it guesses hidden tokens."""
    settings: Mapping[str, Any] = record["settings"]
    shape, training, counts = settings["scratch"], settings["pretraining"], record["counts"]
    counted = "word vectors by counting (PPMI, SVD)"
    start = counted if training["embeddings"] == COUNTED else "random numbers"
    masking = "new masks every epoch" if training["masking"] == "dynamic" else "the same masks every epoch"
    step_tokens = training["block_tokens"] * training["batch_blocks"] * training["accumulation"]
    rows = [
        ("architecture", f"RoBERTa, {shape['layers']} layers of {shape['hidden']}, {shape['encoder_heads']} heads"),
        ("parameters", f"{record['parameters']:,}"),
        ("tokenizer", f"byte-level BPE, {record['vocabulary']:,} tokens"),
        ("objective", f"masked language model, {training['mask_share']:.0%} of the tokens (80/10/10), {masking}"),
        ("embeddings start from", start),
        ("documents", f"{counts['documents']:,}, of them {counts['documents_held_out']:,} held out"),
        ("tokens", f"{counts['tokens']:,} to learn from, {counts['tokens_held_out']:,} held out"),
        (
            "steps",
            f"{record['steps']:,} of {step_tokens:,} tokens, {record['steps'] / counts['epoch_steps']:.1f} epochs",
        ),
        ("rate", f"{training['rate']:g}, AdamW, warm-up {training['warmup']:.0%}, then linear to 0"),
        ("seed", f"{training['seed']}"),
        (
            "computed on",
            f"{record['device']}, {record['precision']}, threads {record['threads']}, {record['seconds']:,.0f} s",
        ),
    ]
    front = "---\nlibrary_name: transformers\npipeline_tag: fill-mask\ntags:\n- roberta\n- clinical\n---\n"
    parts = [
        f"{front}# {title}",
        "A small RoBERTa, pretrained from random weights by `relext pretrain`. It reads sentences one after another,\n"
        "each tokenized by itself, as the relation extractor of this project does.",
        f"## Texts\n\n{about.strip()}\n\nThe texts themselves are not in this folder. The tokenizer keeps no token "
        f"that stands in fewer than {record['min_documents']} documents.",
        "## Training\n\n" + format_markdown_table(("setting", "value"), rows),
        f"## Loss\n\n![Loss over steps, training and held out]({CURVE})\n\n" + _format_curve(record["curve"]),
        "`training.json` holds every setting and every point of the curve. The held-out documents are drawn at random\n"
        "and masked once, the same way at every point.",
    ]
    return "\n\n".join(parts) + "\n"


def _format_curve(curve: list[dict[str, Any]]) -> str:
    """Return evenly spread points of the curve as a table, the last one among them."""
    stride = max(1, -(-len(curve) // CARD_ROWS))
    shown = curve[::-1][::stride][::-1]
    rows = [(point["step"], point["train_loss"], point["held_out_loss"]) for point in shown]
    return format_markdown_table(("step", "training loss", "held-out loss"), rows)
