"""The folder of a pretrained encoder: what Hugging Face's libraries read, its loss curve, and its card.

::

    encoder/
      config.json, model.safetensors              the encoder, RoBERTa and BERT with their head for masked tokens
      tokenizer.json, tokenizer_config.json       its byte-level BPE tokenizer, or the files of the one it came with
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

from corpus_tools.rendering import escape_markdown, format_markdown_table, new_figure, svg_figure
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
    named = Path(settings.pretraining.encoder)
    check_output(out, force=force, inputs=(*folders, named) if named.is_dir() else folders)
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
        RECORD: format_json(record),
        CURVE: draw_curve(pretrained.progress.curve),
        CARD: format_card(record, title=title, about=about),
    }
    number = torch.bfloat16 if pretrained.settings.pretraining.weights == "bf16" else torch.float32
    weights = {name: weight.to(number) for name, weight in pretrained.model.named_weights().items()}
    return {
        **_format_tokenizer(pretrained),
        **{name: text.encode("utf-8") for name, text in texts.items()},
        "model.safetensors": format_weights(weights),
    }


def describe_pretraining(pretrained: Pretrained) -> dict[str, Any]:
    """Return the record of a run: numbers and names, no text."""
    machine, progress, config = pretrained.machine, pretrained.progress, pretrained.settings.pretraining
    return {
        "schema": "relext/pretraining",
        "schema_version": 1,
        "versions": {"relext": __version__, "torch": str(torch.__version__)},
        "settings": pretrained.settings.to_record(),
        "counts": dict(pretrained.counts),
        "parameters": sum(parameter.numel() for parameter in pretrained.model.parameters()),
        "vocabulary": pretrained.loaded.config["vocab_size"],
        "min_documents": MIN_DOCUMENTS if config.is_first else None,
        "model_type": pretrained.loaded.config["model_type"],
        "start": pretrained.start.hash or None,
        "rates": dict(zip(("encoder", "head"), config.rates, strict=True)),
        "steps": progress.step,
        "seconds": round(progress.seconds, 1),
        "device": machine.device.type,
        "precision": str(machine.precision).removeprefix("torch."),
        "threads": machine.threads,
        "curve": [asdict(point) for point in progress.curve],
    }


def _format_config(pretrained: Pretrained) -> dict[str, Any]:
    number = "bfloat16" if pretrained.settings.pretraining.weights == "bf16" else "float32"
    names = pretrained.model.head_names
    return {
        **pretrained.loaded.config,
        "architectures": [type(pretrained.loaded.module.model).__name__ if names is None else names.model],
        "dtype": number,
    }


def _format_tokenizer(pretrained: Pretrained) -> dict[str, bytes]:
    """Return the files of a tokenizer: those that it came with, or those of one that we have made."""
    if pretrained.start.tokenizer_files:
        return dict(pretrained.start.tokenizer_files)
    texts = {
        "tokenizer.json": _frame_texts(pretrained).to_str(pretty=False),
        "tokenizer_config.json": format_json(_format_tokenizer_config(pretrained)),
    }
    return {name: text.encode("utf-8") for name, text in texts.items()}


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
    training, counts, rates = record["settings"]["pretraining"], record["counts"], record["rates"]
    masking = "new masks every epoch" if training["masking"] == "dynamic" else "the same masks every epoch"
    step_tokens = training["block_tokens"] * training["batch_blocks"] * training["accumulation"]
    rows = [
        *_describe_start(record),
        ("parameters", f"{record['parameters']:,}"),
        ("objective", f"masked language model, {training['mask_share']:.0%} of the tokens (80/10/10), {masking}"),
        ("documents", f"{counts['documents']:,}, of them {counts['documents_held_out']:,} held out"),
        ("tokens", f"{counts['tokens']:,} to learn from, {counts['tokens_held_out']:,} held out"),
        (
            "steps",
            f"{record['steps']:,} of {step_tokens:,} tokens, {record['steps'] / counts['epoch_steps']:.1f} epochs",
        ),
        (
            "rate",
            f"{rates['encoder']:g}, of the head {rates['head']:g}, AdamW, warm-up {training['warmup']:.0%}, "
            "then linear to 0",
        ),
        ("seed", f"{training['seed']}"),
        (
            "computed on",
            f"{record['device']}, {record['precision']}, threads {record['threads']}, {record['seconds']:,.0f} s",
        ),
    ]
    kind = record["model_type"]
    front = f"---\nlibrary_name: transformers\npipeline_tag: fill-mask\ntags:\n- {kind}\n- clinical\n---\n"
    parts = [
        f"{front}# {title}",
        f"{_introduce(record)} It reads sentences one after another,\n"
        "each tokenized by itself, as the relation extractor of this project does.",
        f"## Texts\n\n{about.strip()}\n\nThe texts themselves are not in this folder. {_describe_tokens(record)}",
        "## Training\n\n" + format_markdown_table(("setting", "value"), rows),
        f"## Loss\n\n![Loss over steps, training and held out]({CURVE})\n\n" + _format_curve(record["curve"]),
        "`training.json` holds every setting and every point of the curve. The held-out documents are drawn at random\n"
        "and masked once, the same way at every point.",
    ]
    return "\n\n".join(parts) + "\n"


def _introduce(record: Mapping[str, Any]) -> str:
    if record["start"] is None:
        return "A small RoBERTa, pretrained from random weights by `relext pretrain`."
    name = escape_markdown(record["settings"]["pretraining"]["encoder"])
    return f"The encoder {name}, pretrained further by `relext pretrain`."


def _describe_start(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the rows on architecture, tokenizer and weights at the beginning."""
    settings = record["settings"]
    if record["start"] is not None:
        name = settings["pretraining"]["encoder"]
        return [("begun with", f"{name} ({record['model_type']}), its tokenizer, weights {record['start'][:12]}")]
    shape, counted = settings["scratch"], "word vectors by counting (PPMI, SVD)"
    return [
        ("architecture", f"RoBERTa, {shape['layers']} layers of {shape['hidden']}, {shape['encoder_heads']} heads"),
        ("tokenizer", f"byte-level BPE, {record['vocabulary']:,} tokens"),
        (
            "embeddings start from",
            counted if settings["pretraining"]["embeddings"] == COUNTED else "random numbers",
        ),
    ]


def _describe_tokens(record: Mapping[str, Any]) -> str:
    if record["start"] is None:
        return f"The tokenizer keeps no token that stands in fewer than {record['min_documents']} documents."
    return "What the encoder had read before, and under which licence, its own card says."


def _format_curve(curve: list[dict[str, Any]]) -> str:
    """Return evenly spread points of the curve as a table, the last one among them."""
    stride = max(1, -(-len(curve) // CARD_ROWS))
    shown = curve[::-1][::stride][::-1]
    rows = [(point["step"], point["train_loss"], point["held_out_loss"]) for point in shown]
    return format_markdown_table(("step", "training loss", "held-out loss"), rows)
