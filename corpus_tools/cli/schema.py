"""`corpus schema`: derive, check, show, brat, migrate."""

from pathlib import Path

import click

from corpus_tools.errors import EXIT_INVALID
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_line,
    print_table,
)
from corpus_tools.standoff import (
    MigrationReport,
    Schema,
    check_schema,
    compare_derivation,
    derive_schema,
    format_schema,
    migrate_project,
    parse_rename,
    read_network,
    read_schema,
    write_brat_files,
    write_schema,
)

_DEFAULT = Path("guidelines/schema.toml")
_EXISTING = click.Path(exists=True, path_type=Path)
_NEW = click.Path(path_type=Path)

_schema_argument = click.argument("schema_path", metavar="[SCHEMA]", default=_DEFAULT, type=_EXISTING)
_network_help = "Folder with SRDEF and SRSTRE1 of the UMLS Semantic Network."


@click.group(epilog="Example: corpus schema check guidelines/schema.toml")
def schema() -> None:
    """Derive, check and show the annotation schema; write brat's files; rename labels in a project.

    SCHEMA is a schema.toml, an annotation.conf, or a folder that has one; by default guidelines/schema.toml.
    """


@schema.command(epilog="Example: corpus schema derive --network umls --out guidelines/schema.toml --force")
@_schema_argument
@click.option("--network", required=True, type=_EXISTING, help=_network_help)
@click.option("--out", "target", type=_NEW, help="Write the schema.toml there instead of to stdout.")
@force_option
@common_options
def derive(schema_path: Path, network: Path, target: Path | None, force: bool, output: OutputOptions) -> None:
    """Derive which types each label may join from the Semantic Network; extensions stay as they are."""
    before = read_schema(schema_path)
    derived = derive_schema(before, read_network(network / "SRDEF", network / "SRSTRE1"))
    differences = compare_derivation(before, derived)
    if target is not None:
        write_schema(derived, target, force=force)
    if output.json:
        emit_json(
            "corpus/schema-derive", {"hash": derived.hash, "differences": differences, "record": derived.to_json()}
        )
    elif target is None:
        click.echo(format_schema(derived), nl=False)
    output.say(f"Derived pairs that changed: {_describe_differences(differences) or 'none'}")
    finish(output, next_command=f"corpus schema check {target or schema_path}")


@schema.command(epilog="Example: corpus schema check guidelines/schema.toml --network umls")
@_schema_argument
@click.option("--network", type=_EXISTING, help=_network_help + " Compares the derived rows with it.")
@common_options
def check(schema_path: Path, network: Path | None, output: OutputOptions) -> None:
    """Check a schema; exit with 3 where something is wrong."""
    checked = read_schema(schema_path)
    problems = check_schema(checked)
    if network is not None:
        derived = derive_schema(checked, read_network(network / "SRDEF", network / "SRSTRE1"))
        problems += [f"relation {name} differs from the network" for name in compare_derivation(checked, derived)]
    _print_problems(problems, checked, output)
    if problems:
        raise click.exceptions.Exit(EXIT_INVALID)
    finish(output, next_command=f"corpus schema brat {schema_path} --out annotations")


@schema.command(epilog="Example: corpus schema show annotations/annotation.conf --json")
@_schema_argument
@common_options
def show(schema_path: Path, output: OutputOptions) -> None:
    """Show types, labels with the pairs that they join, and attributes; with -v the reason of each extension too."""
    shown = read_schema(schema_path)
    if output.json:
        emit_json("corpus/schema-show", {"hash": shown.hash, "record": shown.to_json()})
    else:
        _print_schema(shown)
    if output.verbose and not output.json:
        _print_reasons(shown)
    finish(output, next_command=f"corpus schema brat {schema_path} --out annotations")


@schema.command(epilog="Example: corpus schema brat guidelines/schema.toml --out annotations")
@_schema_argument
@click.option("--out", "folder", required=True, type=_NEW, help="Folder that brat serves.")
@click.option("--tagger-url", help="Address of `relext serve`, written to tools.conf.")
@force_option
@common_options
def brat(schema_path: Path, folder: Path, tagger_url: str | None, force: bool, output: OutputOptions) -> None:
    """Write annotation.conf, visual.conf, kb_shortcuts.conf and tools.conf."""
    written = read_schema(schema_path)
    paths = write_brat_files(written, folder, tagger_url=tagger_url, force=force)
    if output.json:
        emit_json("corpus/schema-brat", {"hash": written.hash, "files": [str(path) for path in paths]})
    else:
        for path in paths:
            print_line(str(path))
    finish(output, next_command=f"open {folder} in brat, annotate, then: corpus validate {folder}")


@schema.command(
    epilog="Example: corpus schema migrate annotations/round-1 --rename type:Drug=Medication "
    "--rename 'relation:treated-by=treats^-1' --out annotations/round-1-migrated"
)
@click.argument("project", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rename", "rules", multiple=True, required=True, help="KIND:OLD=NEW; may be given more than once.")
@click.option("--out", "target", type=_NEW, help="Folder of the renamed copy.")
@click.option("--in-place", is_flag=True, help="Replace the project itself, whole or not at all.")
@force_option
@common_options
def migrate(
    project: Path, rules: tuple[str, ...], target: Path | None, in_place: bool, force: bool, output: OutputOptions
) -> None:
    """Rename types, labels, roles, attributes and values through a brat project.

    KIND is type, relation, role, attribute, or value (value:ATTRIBUTE.OLD=NEW). A relation's NEW may end in ^-1: its
    two arguments then change places. A role of events takes its numbers along (Theme=Patient: Theme2 becomes Patient2).
    Brat's annotation.conf, visual.conf and kb_shortcuts.conf in the project are renamed too. Two names that become one
    can't be told apart again; that is said. Lines that can't be read are copied as they are, and counted (exit code 4).
    """
    if (target is None) != in_place:
        raise click.UsageError("give either --out or --in-place")
    renames = [parse_rename(rule) for rule in rules]
    report = migrate_project(project, target or project, renames, in_place=in_place, force=force)
    _print_migration(report, output)
    _warn_of_migration(report, target or project, output)
    finish(output, rejects=len(report.rejects), listed="above", next_command=f"corpus validate {target or project}")


def _describe_differences(differences: dict[str, dict[str, list[tuple[str, str]]]]) -> str:
    return "; ".join(
        f"{label} {kind} {', '.join(f'{first}-{second}' for first, second in pairs)}"
        for label, changes in differences.items()
        for kind, pairs in changes.items()
        if pairs
    )


def _print_problems(problems: list[str], checked: Schema, output: OutputOptions) -> None:
    if output.json:
        emit_json("corpus/schema-check", {"hash": checked.hash, "problems": problems})
        return
    for problem in problems:
        print_line(problem)
    counts = f"{len(checked.mention_types)} types, {len(checked.labels)} labels, {len(checked.attributes)} attributes"
    print_line(f"{len(problems)} problems in {counts}; hash {checked.hash}")


def _print_schema(shown: Schema) -> None:
    types = [
        (entity.name, " ".join(s.tui for s in entity.semantic_types), " ".join(entity.groups), entity.definition)
        for entity in shown.entities
    ]
    print_table("Entity types", ["type", "UMLS types", "groups", "definition"], types)
    if shown.events:
        events = [(event.name, ", ".join(role.name for role in event.roles)) for event in shown.events]
        print_table("Events", ["type", "roles"], events)
    labels = [
        (relation.name, ", ".join(row.arg1), "⇄" if relation.symmetric else "→", ", ".join(row.arg2), row.source)
        for relation in shown.relations
        for row in relation.rows
    ]
    print_table("Relation labels", ["label", "Arg1", "", "Arg2", "source"], labels)
    attributes = [(a.name, ", ".join(a.values), ", ".join(sorted(a.holders))) for a in shown.attributes]
    print_table("Attributes", ["attribute", "values", "on"], attributes)
    if shown.acknowledgement:
        print_line(f"{shown.acknowledgement}.")


def _print_reasons(shown: Schema) -> None:
    for relation in shown.relations:
        for row in relation.rows:
            if row.reason:
                print_line(f"{relation.name} {'|'.join(row.arg1)} - {'|'.join(row.arg2)}: {row.reason}")


def _print_migration(report: MigrationReport, output: OutputOptions) -> None:
    figures = {"documents": report.documents, "changed_documents": report.changed_documents, "renamed": report.renamed}
    if output.json:
        rejects = [{"code": r.code, "file": r.file, "line": r.line} for r in report.rejects]
        files = {"configuration": list(report.configuration), "left": report.left, "skipped": list(report.skipped)}
        emit_json("corpus/schema-migrate", {**figures, "merged": list(report.merged), **files, "rejects": rejects})
        return
    print_table("Renamed", ["rule", "annotations"], list(report.renamed.items()))
    print_line(f"{report.changed_documents} of {report.documents} documents changed")
    if report.configuration:
        print_line(f"Renamed in {', '.join(report.configuration)} too")
    for reject in report.rejects:
        print_line(f"{reject.file}:{reject.line}: {reject.code}, copied as it is")


def _warn_of_migration(report: MigrationReport, target: Path, output: OutputOptions) -> None:
    for rule in report.merged:
        output.say(f"Warning: {rule}: the new name was in use or is that of two; what had which can't be told any more")
    for rule in (rule for rule, count in report.renamed.items() if not count):
        output.say(f"Warning: {rule}: no annotation has the old name")
    for file, reason in report.left.items():
        output.say(f"Warning: {target / file if file else target}: {reason}")
    if report.left:
        output.say(f"Once the schema has the new names: corpus schema brat SCHEMA --out {target} --force")
