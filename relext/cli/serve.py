"""`relext serve`: answer brat's tagger requests on this machine."""

from pathlib import Path

import click

from corpus_tools.rendering import OutputOptions, common_options, emit_json, print_line
from corpus_tools.serving import check_host
from relext.loop import load_annotator
from relext.loop.serve import format_tool_line, serve_tagger
from relext.loop.tagging import read_lexicon

EPILOG = """Examples:

    relext serve model

    relext serve model --lexicon drugs.tsv --port 47111 --threshold 0.5
"""


@click.command(epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--lexicon", type=click.Path(path_type=Path), help="TSV of words, type, database, identifier: N lines.")
@click.option("--threshold", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Least probability.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on, of this machine alone.")
@click.option("--port", default=47111, show_default=True, type=click.IntRange(0, 65535), help="0 for any free one.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@common_options
def serve(
    *, model: Path, lexicon: Path | None, threshold: float, host: str, port: int, device: str, output: OutputOptions
) -> None:
    """Answer brat's requests for the mentions of a text with those that MODEL finds, until interrupted.

    Mentions come without relations and probabilities, which brat's protocol does not know; `relext annotate` has them.
    """
    check_host(host)
    concepts = read_lexicon(lexicon) if lexicon else None
    annotator = load_annotator(model, device=device, threshold=threshold)

    def announce(url: str) -> None:
        line = format_tool_line(annotator, url)
        if output.json:
            emit_json("relext/serve", {"url": url, "tools_conf": line})
            return
        output.say("Put this line under [annotators] in the tools.conf of your brat project; Ctrl-C ends the service.")
        print_line(line)

    serve_tagger(annotator, lexicon=concepts, host=host, port=port, announce=announce)
