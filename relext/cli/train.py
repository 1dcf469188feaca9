"""`relext train`: a built corpus in, a model folder out."""

from pathlib import Path

import click

from corpus_tools.rendering import OutputOptions, common_options, finish, force_option
from relext.cli.options import concepts_option
from relext.cli.training_output import report_epochs, show_training
from relext.config import Config, read_config
from relext.data import read_concepts
from relext.training import join_processes, train_to_folder

EXAMPLE = """\b
Examples:
  relext train corpus --out model --encoder scratch
  relext train corpus --out model --config study.toml --epochs 8 --seed 1


On several GPUs, which share the documents of each step:
  accelerate launch --multi_gpu --num_processes 4 --no_python relext train corpus --out model

A run that was stopped goes on after its last epoch when the same command is given again.
"""
_MOST_DIGITS = 9
_CHOICES = {
    "precision": ("auto", "bf16", "fp32"),
    "decoder": ("linked-crf", "crf", "softmax"),
    "marking": ("none", "levitated", "first", "pair"),
}


def _parse_number(_: click.Context, __: click.Parameter, value: str | None) -> int | str | None:
    """Read a number; words are left for the settings to check."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS else value


@click.command(epilog=EXAMPLE)
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Model folder to write.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Settings in TOML; options win over it.")
@click.option("--encoder", help="Folder or hub name of an encoder, minilm, small, scratch, or auto.")
@click.option("--mentions", is_flag=True, help="Also train a finder of mentions, for texts that nobody annotated.")
@concepts_option
@click.option(
    "--freeze-layers",
    callback=_parse_number,
    metavar="NUMBER|all|auto",
    help="Lower layers of the encoder not trained.",
)
@click.option("--epochs", type=int, help="Most passes over the training part.")
@click.option("--batch-tokens", type=int, help="Subwords of a batch, padding included.")
@click.option("--marking", type=click.Choice(_CHOICES["marking"]), help="How the mentions of a pair are marked.")
@click.option("--heads", type=int, help="Heads of the word attention: 1, 2, 4 or 8.")
@click.option("--decoder", type=click.Choice(_CHOICES["decoder"]), help="What decides the labels.")
@click.option("--seed", type=int, help="Seed of all that is left to chance.")
@click.option("--device", help="auto, cpu, cuda or cuda:N.")
@click.option("--precision", type=click.Choice(_CHOICES["precision"]), help="Numbers of the encoder.")
@click.option("--threads", type=int, help="Threads of the processor.")
@click.option("--max-minutes", type=float, help="Minutes after which no further epoch begins.")
@click.option("--restart", is_flag=True, help="Begin anew, whatever checkpoints there are.")
@force_option
@common_options
def train(
    corpus: Path,
    out: Path,
    config_path: Path | None,
    mentions: bool,
    concepts: Path | None,
    force: bool,
    restart: bool,
    output: OutputOptions,
    **settings: object,
) -> None:
    """Train a relation extractor on CORPUS, a folder that `corpus build` wrote."""
    config = (read_config(config_path) if config_path else Config()).overridden(**settings)
    table = read_concepts(concepts) if concepts else None
    with join_processes(config.training.device) as processes:
        model = train_to_folder(
            corpus,
            out,
            config,
            mentions=mentions,
            concepts=table,
            force=force,
            restart=restart,
            processes=processes,
            **(report_epochs(output) if processes.is_main else {}),
        )
    if processes.is_main:
        show_training(model, out, output)
        finish(output, next_command=f"relext eval {out} {corpus}")
