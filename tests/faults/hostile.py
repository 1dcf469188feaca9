"""A project whose texts, names, labels and settings attack whatever shows them, and the commands that do.

Notes differ in a few words each, so that the splitter takes no two for the same.
"""

from pathlib import Path

from tests.faults.commands import write_note
from tests.faults.everything import Command
from tests.faults.test_model_crashes import SETTINGS

PIECES = [
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "</script><img/src=x/onerror=alert(1)>",
    "{{1913*3}}",
    "&#x3c;b&#x3e;",
    "=cmd|'/c'!A1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "]]>",
    "a'b\"c",
    "[/K]",
    "[red]x",
    "![x](javascript:alert(1))",
]
TEXT = " ".join([*PIECES, "\x1b[31mred", "\u202eevil", "\x9b1m", "end."])
LABEL = "{{1913*3}}\"'&lt;=1[red]"
RELATION = "{{1913*3}}'\"onload=alert(1)&lt;"
NAME = "&#x3c;b&#x3e; 'note' [red] =1"
ANNOTATOR = "<b onclick=alert(1)>anna"
MODEL = "<img src=x onerror=alert(1)> [red] {{1913*3}}"
SUGGESTED = f"AnnotatorNotes {{id}}\tprobability 0.900; model {MODEL.replace(' ', '-')}\n"
NOTES = 9
DISTINCT = ("word", "sound", "tree", "lamp", "road", "cloud", "stone", "river", "glass")
TRANSCRIPTIONS = f"""transcription,medical_specialty,patient,<script>alert(1)</script>
"{TEXT.replace('"', '""')}","<svg onload=alert(1)> {{{{1913*3}}}}",=1+1,[red]
"{PIECES[0]} fever","@SUM(1)",'+1,[/K]
"""
STUDY = "[study]\nsystems = ['ours', 'linear', 'majority']\nseeds = [1]\n"


def hostile_ann(*, second: str = LABEL, notes: str = "AnnotatorNotes {id}\t<i onclick=alert(1)>\n") -> str:
    """Return annotations of every piece of the text, relations, notes and an attribute."""
    lines, start = [], 0
    for number, word in enumerate(TEXT.split(" "), start=1):
        lines.append(f"T{number}\t{LABEL if number % 2 else second} {start} {start + len(word)}\t{word}\n")
        start += len(word) + 1
    lines += [f"R1\t{RELATION} Arg1:T1 Arg2:T2\n", "R2\t=1+1[red] Arg1:T3 Arg2:T4\n"]
    noted = [f"#{number}\t{notes.format(id=id)}" for number, id in enumerate(("T1", "R1", "R2"), start=1)]
    return "".join([*lines, *noted, 'A1\t"onload="alert T1 {{1913*3}}\n'])


def write_project(root: Path) -> Path:
    """Write a project of two annotators and what a model suggested them, settings and a CSV; return the project."""
    project = root / "project"
    for number in range(NOTES):
        name = NAME if number == 0 else f"{NAME} {number}"
        text = " ".join([TEXT, *(f"{DISTINCT[number]}{n}" for n in range(30))]) + "."
        write_note(project / ANNOTATOR, hostile_ann(), text=text, name=name)
        write_note(project / "ben", hostile_ann(second="Other"), text=text, name=name)
        write_note(root / "suggested", hostile_ann(notes=SUGGESTED), text=text, name=name)
    (root / "train.toml").write_text(SETTINGS + "[mentions]\nmention_epochs = 1\n")
    (root / "study.toml").write_text(STUDY + SETTINGS.replace("epochs = 3", "epochs = 1"))
    (root / "notes.csv").write_text(TRANSCRIPTIONS)
    return project


def list_exports(project: Path) -> dict[str, Command]:
    """Return every command that writes something to be looked at, in an order in which each finds what it reads."""
    return {**_export_corpus(project), **_export_model(project)}


def list_refusals(project: Path) -> dict[str, Command]:
    """Return the commands whose format can't hold such names or texts, and says so."""
    out, gold = project.parent, project / ANNOTATOR
    return {
        "schema brat": ("corpus", "schema", "brat", out / "corpus/schema.json", "--out", out / "brat"),
        "convert": ("corpus", "convert", gold, "--from", "brat", "--to", "bioc", "--out", out / "bioc"),
    }


def _export_corpus(project: Path) -> dict[str, Command]:
    out, gold = project.parent, project / ANNOTATOR
    samples = ("--min-samples", 1)
    return {
        "import": ("corpus", "import", out / "notes.csv", "--out", out / "round", *samples, "--size", 2),
        "validate": ("corpus", "validate", project, "-v", "--show-text"),
        "agreement": ("corpus", "agreement", project, "--show-text", "--bootstrap", 0, "--out", out / "agreement"),
        "adjudicate queue": ("corpus", "adjudicate", "queue", project, "--show-text", "--out", out / "queue.csv"),
        "adjudicate status": ("corpus", "adjudicate", "status", project),
        "feedback": ("corpus", "adjudicate", "feedback", project, "--show-text", "--out", out / "feedback.md"),
        "adjudicate apply": ("corpus", "adjudicate", "apply", project, "--partial", "--out", out / "gold"),
        "accept-rate": ("corpus", "accept-rate", out / "suggested", gold, "--bootstrap", 0, "--out", out / "accepted"),
        "build": ("corpus", "build", gold, "--out", out / "corpus", *samples, "--splits", "50:25:25", "--bigbio", "-v"),
        "verify": ("corpus", "verify", out / "corpus"),
        "statistics": ("corpus", "statistics", out / "corpus", "--show-text", "--out", out / "statistics"),
        "statistics csv": ("corpus", "statistics", out / "notes.csv", "--show-text", *samples, "--out", out / "listed"),
        "graph": ("relext", "graph", gold, "--show-text", "--out", out / "graph"),
    }


def _export_model(project: Path) -> dict[str, Command]:
    out, gold, cpu = project.parent, project / ANNOTATOR, ("--device", "cpu")
    corpus, model, found = out / "corpus", out / MODEL, ("--mentions", "found")
    return {
        "train": ("relext", "train", corpus, "--config", out / "train.toml", "--mentions", "--epochs", 1,
                  "--out", model, "-v"),
        "eval": ("relext", "eval", model, corpus, "--show-text", "--out", out / "evaluation", *cpu),
        "eval found": ("relext", "eval", model, corpus, *found, "--show-text", "--out", out / "found", *cpu),
        "compare": ("relext", "compare", corpus, "--config", out / "study.toml", "--out", out / "study", "-v"),
        "predict": ("relext", "predict", model, gold, "--show-text", *cpu),
        "explain": ("relext", "explain", model, gold, "--doc", NAME, "--pair", "T1", "T2", "--show-text", *cpu),
        "relext queue": ("relext", "queue", model, gold, "--out", out / "order", *cpu),
        "annotate": ("relext", "annotate", model, gold, "--out", out / "annotated", *cpu, "-v"),
    }  # fmt: skip
