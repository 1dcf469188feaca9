"""A build that was stopped: the next one goes on with its finished shards, never with those of another build."""

from collections.abc import Callable
from pathlib import Path

import pytest

from corpus_tools import build
from corpus_tools.assembly import BuildSettings, PairTask, StageTask
from corpus_tools.errors import Refused
from corpus_tools.execution import Begin
from corpus_tools.storage import hash_folder
from tests.corpus_tools.corpus_documents import make_notes, write_export

PARTIAL = ".corpus.partial"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Return an export of 130 notes: shards of 64, 64 and 2."""
    return write_export(tmp_path / "export", make_notes(130))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the hashes of the corpus that was built in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_export(folder / "export", make_notes(130))
    return hash_folder(build.build_corpus(folder / "export", folder / "corpus").path)


def count_shards(monkeypatch: pytest.MonkeyPatch, stage: str, *, stop_at: int | None = None) -> list[int]:
    """Have the build note which shards it makes, and be interrupted before one of them."""
    made: list[int] = []
    function: Callable[[StageTask | PairTask, Begin], None] = getattr(build, stage)

    def counted(task: StageTask | PairTask, begin: Begin) -> None:
        if task.index == stop_at:
            raise KeyboardInterrupt
        made.append(task.index)
        function(task, begin)

    monkeypatch.setattr(build, stage, counted)
    return made


def stop(export: Path, stage: str = "stage_shard", stop_at: int = 1, settings: BuildSettings | None = None) -> Path:
    """Build and be interrupted before a shard; return the folder of the unfinished work."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        count_shards(patch, stage, stop_at=stop_at)
        build.build_corpus(export, export.parent / "corpus", settings=settings)
    return export.parent / PARTIAL


@pytest.mark.parametrize(
    ("stage", "staged", "paired"), [("stage_shard", [1, 2], [0, 1, 2]), ("pair_shard", [], [1, 2])]
)
def test_the_next_build_makes_what_is_missing_and_the_bytes_are_the_same(
    export: Path,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: dict[str, str],
    stage: str,
    staged: list[int],
    paired: list[int],
) -> None:
    stop(export, stage)
    made = count_shards(monkeypatch, "stage_shard"), count_shards(monkeypatch, "pair_shard")
    remarks: list[str] = []
    build.build_corpus(export, export.parent / "corpus", remark=remarks.append)
    assert made == (staged, paired)
    assert remarks == [f"Going on with an unfinished build: {6 - len(staged + paired)} of its pieces are there."]
    assert hash_folder(export.parent / "corpus") == undisturbed
    assert sorted(path.name for path in export.parent.iterdir()) == ["corpus", "export"]


def test_an_interruption_before_the_first_shard_leaves_nothing(export: Path) -> None:
    assert not stop(export, stop_at=0).exists()


def test_other_settings_are_refused_and_restart_drops_what_is_there(export: Path, undisturbed: dict[str, str]) -> None:
    stop(export, settings=BuildSettings(max_words=40))
    with pytest.raises(Refused, match=r"other max_words; .*--restart") as caught:
        build.build_corpus(export, export.parent / "corpus")
    assert caught.value.exit_code == 8
    build.build_corpus(export, export.parent / "corpus", restart=True)
    assert hash_folder(export.parent / "corpus") == undisturbed


@pytest.mark.parametrize("name", ["metadata.csv", "annotation.conf"])
def test_another_file_beside_the_export_is_refused(export: Path, name: str) -> None:
    stop(export)
    rows = {"metadata.csv": "doc_id,specialty\n", "annotation.conf": "[entities]\nA\n[relations]\n[events]\n"}
    (export / name).write_text(rows[name])
    with pytest.raises(Refused, match=r"other (metadata|schema); "):
        build.build_corpus(export, export.parent / "corpus")


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_other_documents_are_refused(export: Path, change: str) -> None:
    stop(export)
    note = export / "note-003.txt"
    if change == "removed":
        note.unlink()
    else:
        (export / "note-0000.txt" if change == "added" else note).write_text("Another text.")
    with pytest.raises(Refused, match="other files of the export; --restart"):
        build.build_corpus(export, export.parent / "corpus")


@pytest.mark.parametrize("name", ["staged-0.json", "staged-0.documents.parquet"])
def test_a_damaged_shard_is_made_again(
    export: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, str], name: str
) -> None:
    path = stop(export) / name
    path.write_bytes(path.read_bytes()[:-9])
    made = count_shards(monkeypatch, "stage_shard")
    build.build_corpus(export, export.parent / "corpus")
    assert made == [0, 1, 2]
    assert hash_folder(export.parent / "corpus") == undisturbed


def test_an_edited_record_of_the_build_is_refused(export: Path) -> None:
    path = stop(export) / "run.json"
    path.write_text(path.read_text().replace('"seed": 13', '"seed": 14'))
    with pytest.raises(Refused, match=r"run\.json: has been changed since it was written; --restart"):
        build.build_corpus(export, export.parent / "corpus")
