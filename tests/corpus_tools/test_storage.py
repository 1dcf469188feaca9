"""Files and folders are old or complete, locks hold, hashes are those of the bytes, JSON is guarded."""

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from corpus_tools.errors import InputError, OutputBusy, OutputExists, Refused, ResourceExhausted, UsageError
from corpus_tools.storage import (
    append_line,
    check_output,
    format_json,
    hash_file,
    hash_folder,
    hash_text,
    lock,
    naming_resources,
    new_folder,
    parse_json,
    read_json,
    read_text,
    write_bytes,
    write_text,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_new_folder_appears_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    with new_folder(tmp_path / "corpus") as folder:
        (folder / "a.txt").write_text("a")
        assert not (tmp_path / "corpus").exists()
    assert names(tmp_path) == ["corpus"]
    assert (tmp_path / "corpus" / "a.txt").read_text() == "a"


def test_new_folder_that_fails_leaves_the_old_one_and_no_scratch(tmp_path: Path) -> None:
    target = tmp_path / "corpus"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with pytest.raises(RuntimeError, match="halfway"), new_folder(target, force=True) as folder:
        (folder / "new.txt").write_text("new")
        raise RuntimeError("halfway")
    assert names(tmp_path) == ["corpus"]
    assert names(target) == ["old.txt"]


def test_new_folder_with_force_swaps_the_old_one_out(tmp_path: Path) -> None:
    target = tmp_path / "corpus"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with new_folder(target, force=True) as folder:
        (folder / "new.txt").write_text("new")
    assert names(target) == ["new.txt"]
    assert names(tmp_path) == ["corpus"]


def test_new_folder_without_force_refuses_a_folder_with_content(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "old.txt").write_text("old")
    with pytest.raises(OutputExists, match="--force"), new_folder(tmp_path / "corpus"):
        pass


@pytest.mark.parametrize("target", ["export", "export/corpus", "."])
def test_output_inside_or_around_its_input_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "export").mkdir()
    with pytest.raises(Refused, match="input"):
        check_output(tmp_path / target, inputs=[tmp_path / "export"])


def test_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus").write_text("a file")
    with pytest.raises(UsageError, match="not a folder"):
        check_output(tmp_path / "corpus")


def test_second_run_on_one_output_is_told_who_holds_it(tmp_path: Path) -> None:
    with (
        new_folder(tmp_path / "corpus"),
        pytest.raises(OutputBusy, match=f"pid {os.getpid()}"),
        new_folder(tmp_path / "corpus"),
    ):
        pass


def test_lock_file_that_is_a_link_is_refused_and_its_target_untouched(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "lock").symlink_to(victim)
    with pytest.raises(Refused, match="link"), lock(tmp_path / "lock"):
        pass
    assert victim.read_text() == "precious"


def test_stale_lock_text_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("pid 1 on elsewhere\n")
    with lock(tmp_path / "lock"):
        assert f"pid {os.getpid()}" in (tmp_path / "lock").read_text()


def test_killed_run_leaves_the_old_folder_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    target = tmp_path / "corpus"
    with new_folder(target) as folder:
        (folder / "old.txt").write_text("old")
    code = f"""
        import os, signal
        from pathlib import Path
        from corpus_tools.storage import new_folder
        with new_folder(Path({str(target)!r}), force=True) as folder:
            (folder / "new.txt").write_text("new")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert names(target) == ["old.txt"]
    with new_folder(target, force=True) as folder:
        (folder / "newer.txt").write_text("newer")
    assert names(tmp_path) == ["corpus"]
    assert names(target) == ["newer.txt"]


def test_full_disk_names_the_place_and_keeps_the_old_file(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(ResourceExhausted, match=r"a\.txt.*bytes are free"), naming_resources(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (tmp_path / "a.txt").read_text() == "old"


def test_file_beyond_the_size_limit_keeps_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    code = f"""
        import resource, signal
        from pathlib import Path
        from corpus_tools.errors import ResourceExhausted
        from corpus_tools.storage import write_bytes
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_bytes(Path({str(tmp_path / "a.txt")!r}), b"x" * 5000)
        except ResourceExhausted as error:
            print(error.exit_code)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert ended.stdout == "7\n"
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_appended_lines_accumulate_and_refuse_a_line_end(tmp_path: Path) -> None:
    append_line(tmp_path / "log", "one")
    append_line(tmp_path / "log", "two")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    with pytest.raises(InputError, match="line end"):
        append_line(tmp_path / "log", "three\nfour")


def test_written_text_keeps_its_line_ends_and_odd_bytes(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "a\r\nb\udcff")
    assert (tmp_path / "a").read_bytes() == b"a\r\nb\xff"


def test_hashes_are_those_of_the_bytes(tmp_path: Path) -> None:
    write_bytes(tmp_path / "b.txt", b"abc")
    (tmp_path / "sub").mkdir()
    write_bytes(tmp_path / "sub" / "a.txt", b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert hash_text("abc") == hash_file(tmp_path / "b.txt") == expected
    assert hash_folder(tmp_path) == {"b.txt": expected, "sub/a.txt": expected}


def test_json_is_canonical_and_refuses_nan() -> None:
    assert format_json({"b": [1], "a": "é"}, indent=None) == '{"a": "é", "b": [1]}\n'
    with pytest.raises(ValueError, match="JSON"):
        format_json({"a": float("nan")})


def test_json_with_a_lone_surrogate_can_be_written(tmp_path: Path) -> None:
    write_text(tmp_path / "a.json", format_json({"file": "a\udcff"}))
    assert json.loads((tmp_path / "a.json").read_text()) == {"file": "a\udcff"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a":\n 1', ":2: not JSON"),
        ("[" * 100_000, "JSON"),
        ("1" * 5000, "JSON"),
    ],
)
def test_hostile_json_is_one_clear_error(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_json(text, source="x.json")


def test_json_file_too_large_or_absent_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}')
    with pytest.raises(InputError, match="at most 3"):
        read_json(tmp_path / "a.json", max_bytes=3)
    with pytest.raises(InputError, match="can't be read"):
        read_json(tmp_path / "b.json")


def test_folder_in_the_place_of_a_file_is_named_and_closed_again(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_text(tmp_path, max_bytes=100)
    assert str(raised.value) == f"{tmp_path}: is a folder, expected a file"
    # a new descriptor gets the lowest free number
    free = [os.dup(0)]
    os.close(free[0])
    with pytest.raises(InputError):
        read_text(tmp_path, max_bytes=100)
    free.append(os.dup(0))
    os.close(free[1])
    assert free[0] == free[1]
