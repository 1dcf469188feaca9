"""`relext pretrain`: folders of texts in, an encoder of one's own out, or a given one that has read them."""

from pathlib import Path

import click

from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_line,
    print_table,
    track,
)
from relext.config import read_settings
from relext.training import (
    CurvePoint,
    Pretrained,
    PretrainSettings,
    TextPool,
    describe_pretraining,
    pretrain_to_folder,
    read_about,
)

EXAMPLE = """\b
Examples:
  relext pretrain texts --out encoder
  relext pretrain texts more-texts --out encoder --layers 4 --hidden 192 --steps 20000 --about sources.md
  relext pretrain texts --out encoder --encoder roberta-base --steps 2000

A run that was stopped goes on where its last checkpoint lies when the same command is given again.
"""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog=EXAMPLE)
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Encoder folder to write.")
@click.option("--config", "config_path", type=_FILE, help="Settings in TOML, [scratch] and [pretraining].")
@click.option("--about", type=_FILE, help="Markdown on the texts' sources and licences, for the card.")
@click.option(
    "--encoder", help="Encoder to go on with, its tokenizer kept: folder, hub name, minilm or small. Default: scratch."
)
@click.option("--vocabulary", type=int, help="Most tokens of the tokenizer.")
@click.option("--layers", type=int, help="Number of layers.")
@click.option("--hidden", type=int, help="Size of the vectors.")
@click.option("--steps", type=int, help="Optimiser steps.")
@click.option("--block-tokens", type=int, help="Tokens of a block of packed documents.")
@click.option("--batch-blocks", type=int, help="Blocks of a batch.")
@click.option("--accumulation", type=int, help="Batches whose gradients make one step.")
@click.option("--masking", type=click.Choice(["dynamic", "static"]), help="New masks every epoch, or the same ones.")
@click.option("--embeddings", type=click.Choice(["counted", "random"]), help="Where the embeddings start.")
@click.option("--rate", type=float, help="Highest learning rate of the encoder.")
@click.option("--seed", type=int, help="Seed of all that is left to chance.")
@click.option("--device", help="auto, cpu, cuda or cuda:N.")
@click.option("--precision", type=click.Choice(["auto", "bf16", "fp32"]), help="Numbers to compute in.")
@click.option("--threads", type=int, help="Threads of the processor.")
@click.option("--restart", is_flag=True, help="Begin anew, whatever checkpoints there are.")
@force_option
@common_options
def pretrain(
    folders: tuple[Path, ...],
    out: Path,
    config_path: Path | None,
    about: Path | None,
    restart: bool,
    force: bool,
    output: OutputOptions,
    **given: object,
) -> None:
    """Pretrain an encoder on the .txt files of one FOLDER or more, as a masked language model.

    It is a small RoBERTa with random weights and a byte-level tokenizer of its own, or with --encoder a given one that
    goes on to learn the language of these texts.
    """
    settings = read_settings(config_path, PretrainSettings) if config_path else PretrainSettings()
    pretrained, pool = pretrain_to_folder(
        folders,
        out,
        settings.overridden(**given),
        about=read_about(about),
        force=force,
        restart=restart,
        track=lambda steps, total: track(steps, "steps", total=total, quiet=output.quiet),
        report=lambda point: output.say(_format_point(point)),
    )
    _print_pretrained(pretrained, pool, out, output)
    frozen = " --freeze-layers all" if pretrained.loaded.is_for_sentences else ""  # as such encoders are used
    next_command = f"relext train corpus --encoder {out}{frozen} --out model"
    finish(output, rejects=len(pool.rejects), listed="above", next_command=next_command)


def _format_point(point: CurvePoint) -> str:
    kept = "" if point.held_out_loss is None else f", held out {point.held_out_loss:.3f}"
    return f"step {point.step}: loss {point.train_loss:.3f}{kept}"


def _print_pretrained(pretrained: Pretrained, pool: TextPool, out: Path, output: OutputOptions) -> None:
    """Print what was read and reached: one JSON object, or a table."""
    record = describe_pretraining(pretrained)
    rejects = [{"code": reject.code, "file": reject.file, "message": reject.message} for reject in pool.rejects]
    if output.json:
        emit_json("relext/pretraining", {**record, "path": str(out), "duplicates": pool.duplicates, "rejects": rejects})
        return
    rows = [*record["counts"].items(), ("duplicates", pool.duplicates), ("rejected", len(rejects))]
    rows += [(name, record[name]) for name in ("vocabulary", "parameters", "steps", "seconds")]
    print_table("Pretraining", ["what", "count"], [(name.replace("_", " "), count) for name, count in rows])
    for reject in rejects:
        output.say(f"{reject['file']}: {reject['code']}: {reject['message']}")
    print_line(f"{out / 'README.md'}")
