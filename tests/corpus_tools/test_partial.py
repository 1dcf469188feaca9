"""Unfinished work: what is complete counts, what is damaged does not, what is of another run is refused."""

from pathlib import Path

import pytest

from corpus_tools.errors import Refused
from corpus_tools.execution import list_pieces, partial_folder, read_piece, resumable_folder, write_piece

SHAPE = {"version": "1", "settings": {"max_words": 128, "shares": (70, 15, 15)}}


def leave_piece(target: Path, shape: dict[str, object] = SHAPE, name: str = "shard-0") -> Path:
    """Begin work, finish one piece, and be interrupted."""
    with pytest.raises(KeyboardInterrupt), resumable_folder(target, shape) as folder:
        (folder / "table").write_text("rows")
        write_piece(folder, name, {"rows": 1}, key="k", files=["table"])
        raise KeyboardInterrupt
    return folder


def test_a_finished_piece_outlives_an_interruption(tmp_path: Path) -> None:
    folder = leave_piece(tmp_path / "corpus")
    assert folder == partial_folder(tmp_path / "corpus")
    with resumable_folder(tmp_path / "corpus", SHAPE) as again:
        piece = read_piece(again, "shard-0", files=["table"])
        assert list_pieces(again) == ["shard-0"]
    assert piece is not None
    assert (piece.key, piece.content) == ("k", {"rows": 1})


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_work_without_a_finished_piece_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), resumable_folder(tmp_path / "corpus", SHAPE):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="halfway"), resumable_folder(tmp_path / "corpus", SHAPE) as folder:
        write_piece(folder, "shard-0", {}, key="k", files=[])
        raise ValueError("halfway")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["table", "shard-0.json"])
def test_a_damaged_piece_does_not_count(tmp_path: Path, damage: str) -> None:
    path = leave_piece(tmp_path / "corpus") / damage
    path.write_bytes(path.read_bytes().replace(b"row", b"bow"))
    assert read_piece(path.parent, "shard-0", files=["table"]) is None
    path.unlink()
    assert read_piece(path.parent, "shard-0", files=["table"]) is None


def test_work_with_other_settings_is_refused_by_their_name(tmp_path: Path) -> None:
    leave_piece(tmp_path / "corpus")
    other = {"version": "2", "settings": {"max_words": 64, "shares": (70, 15, 15)}}
    with (
        pytest.raises(Refused, match=r"other max_words, version; .*--restart"),
        resumable_folder(tmp_path / "corpus", other),
    ):
        pass
    assert list_pieces(partial_folder(tmp_path / "corpus")) == ["shard-0"]


@pytest.mark.parametrize("content", [b'{"content": {"version": "1"}, "sha256": "0"}', b"{", b"[]", b"\xff"])
def test_an_edited_record_of_the_run_is_refused(tmp_path: Path, content: bytes) -> None:
    (leave_piece(tmp_path / "corpus") / "run.json").write_bytes(content)
    with pytest.raises(Refused, match="--restart"), resumable_folder(tmp_path / "corpus", SHAPE):
        pass


def test_restart_drops_what_is_there(tmp_path: Path) -> None:
    leave_piece(tmp_path / "corpus", {"version": "0"})
    with resumable_folder(tmp_path / "corpus", SHAPE, restart=True) as folder:
        assert list_pieces(folder) == []


def test_a_link_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    partial_folder(tmp_path / "corpus").symlink_to(tmp_path / "victim")
    with pytest.raises(Refused, match="is a link"), resumable_folder(tmp_path / "corpus", SHAPE, restart=True):
        pass
    assert (tmp_path / "victim").is_dir()
