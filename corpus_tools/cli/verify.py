"""`corpus verify`."""

from dataclasses import asdict
from pathlib import Path

import click

from corpus_tools.assembly import verify_corpus
from corpus_tools.errors import InputError
from corpus_tools.rendering import OutputOptions, common_options, emit_json, print_line


@click.command(epilog="Example: corpus verify corpus")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@common_options
def verify(folder: Path, output: OutputOptions) -> None:
    """Recompute the hashes of a corpus folder and count its documents again."""
    found = verify_corpus(folder)
    if output.json:
        emit_json("corpus/verify", {"path": str(folder), **asdict(found)})
    else:
        for problem in found.problems:
            print_line(problem)
        print_line(f"{found.files} files, {found.documents} documents, {len(found.problems)} problems")
    if found.problems:
        raise InputError(f"{folder}: is not as it was built; build it anew")
