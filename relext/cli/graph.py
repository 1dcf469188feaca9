"""`relext graph`: a knowledge map of annotated or predicted documents."""

from pathlib import Path

import click

from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_table,
    show_text_option,
    track,
)
from corpus_tools.storage import check_output
from relext.graph import SCHEMA, GraphSettings, KnowledgeMap, describe_sharing, read_map, summarize, write_map

EPILOG = """Examples:

    relext graph annotations/pilot/gold --out map

    relext graph annotations/round-2 --out map --min-support 5 --without-evidence
"""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog=EPILOG)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the map.")
@click.option("--metadata", type=_FILE, help="CSV of specialties and patients [default: metadata.csv near FOLDER].")
@click.option("--schema", type=_FILE, help="Says which labels are symmetric [default: the one near FOLDER].")
@click.option(
    "--events",
    default="trigger",
    show_default=True,
    type=click.Choice(["trigger", "relations"]),
    help="What events are: mentions at their triggers, or relations to their arguments too.",
)
@click.option("--resource", "resources", multiple=True, help="Terminology to prefer where mentions have several.")
@click.option(
    "--min-support",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Leave out what fewer texts, or patients where the metadata names them, stand behind.",
)
@click.option("--without-evidence", is_flag=True, help="Name no document and no offset.")
@click.option("--raw", is_flag=True, help="Leave CSV cells that look like formulas unguarded.")
@force_option
@show_text_option
@common_options
def graph(
    *,
    folder: Path,
    out: Path,
    metadata: Path | None,
    schema: Path | None,
    events: str,
    resources: tuple[str, ...],
    min_support: int,
    without_evidence: bool,
    raw: bool,
    force: bool,
    show_text: bool,
    output: OutputOptions,
) -> None:
    """Draw the knowledge map of FOLDER, brat documents of people or of a model: nodes, edges, evidence.

    Mentions with the same concept (N lines), or the same lemma and type, are one node. Names of nodes are words of the
    texts; --show-text adds the sentences around each relation.
    """
    check_output(out, force=force, inputs=(folder,))
    settings = GraphSettings(events == "relations", resources, min_support, show_text, not without_evidence)
    knowledge = read_map(
        folder,
        settings,
        metadata=metadata,
        schema=schema,
        track=lambda documents: track(documents, "Reading", quiet=output.quiet),
        remark=output.say,
    )
    write_map(knowledge, out, raw=raw, force=force)
    show_map(knowledge, out, output)
    listed = "above" if without_evidence else f"in {out}/rejects.jsonl"
    finish(output, rejects=len(knowledge.rejects), listed=listed, next_command=f"open {out}/graph.html")


def show_map(knowledge: KnowledgeMap, out: Path, output: OutputOptions) -> None:
    """Print what the map holds and what it leaves out, and what to know before it is shared."""
    if knowledge.repeated:
        output.say(f"{knowledge.repeated} documents have the text of another; support counts each, documents one")
    for cause, count in knowledge.left_out.items():
        output.say(f"left out: {cause} {count}")
    for code, count in knowledge.reject_codes.items():
        output.say(f"rejected: {code} {count}")
    if output.json:
        emit_json(SCHEMA, {"path": str(out), **summarize(knowledge)})
        return
    counts = [(name.replace("_", " "), count) for name, count in knowledge.count().items()]
    print_table(f"Knowledge map in {out}", ("what", "count"), counts)
    for sentence in describe_sharing(knowledge):
        output.say(sentence)
