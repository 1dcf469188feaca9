"""A second round in one go: suggestions out, an answer back, acceptance, provenance, and the map of the suggestions."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpus_tools.cli import corpus
from corpus_tools.standoff import PRE_ANNOTATED, find_aid_files, read_aids
from relext.cli import relext
from relext.model import write_model
from tests.relext.graph_documents import write_notes
from tests.relext.tiny_models import tiny_model

NOTE = ("The aspirin relieved his pain.", ("T1  Drug 4 11  aspirin", "T2  Sign 25 29  pain"))
OTHER = ("The heparin caused his rash.", ("T1  Drug 4 11  heparin", "T2  Sign 23 27  rash"))


def run(group: object, *arguments: object) -> dict[str, object]:
    result = CliRunner().invoke(group, [*map(str, arguments), "--json", "-q"])  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


@pytest.fixture
def suggested(tmp_path: Path) -> Path:
    """Return a folder in which a model that states a relation on every pair has suggested one in each of two notes."""
    model = tiny_model()
    model.network.no_relation_bias.fill_(-1e4)
    write_model(tmp_path / "model", model)
    notes = write_notes(tmp_path / "notes", {"a": NOTE, "b": OTHER})
    run(relext, "annotate", tmp_path / "model", notes, "--out", tmp_path / "suggested")
    return tmp_path / "suggested"


def test_what_the_model_wrote_is_read_by_all_that_comes_after(suggested: Path, tmp_path: Path) -> None:
    shutil.copytree(suggested, tmp_path / "anna")
    answer = tmp_path / "anna" / "b.ann"
    answer.write_text("".join(line for line in answer.read_text().splitlines(True) if line.startswith("T")))
    rates = run(corpus, "accept-rate", suggested, tmp_path / "anna", "--bootstrap", "0")["rates"]
    assert isinstance(rates, list)
    # people had marked the mentions: two suggestions, one relation a note, of which anna deleted one
    assert [rates[0][name] for name in ("layer", "suggested", "kept", "deleted")] == ["relations", 2, 1, 1]
    assert read_aids(find_aid_files(tmp_path / "anna")) == {"a": PRE_ANNOTATED, "b": PRE_ANNOTATED}
    graph = run(relext, "graph", suggested, "--out", tmp_path / "map")
    assert (graph["nodes"], graph["edges"], graph["predicted_relations"]) == (4, 2, 2)
    models = graph["models"]
    assert isinstance(models, list)
    assert [name.partition("@")[0] for name in models] == ["model"]
