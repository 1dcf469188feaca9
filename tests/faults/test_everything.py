"""Faults 58 and 72: every command once, without a network, over notes that hold a patient's name and number."""

import re
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.faults import killing
from tests.faults.commands import Ended, relext, run
from tests.faults.everything import (
    CANARIES,
    leaf_of,
    list_commands,
    list_leaves,
    list_servers,
    run_command,
    serve_and_ask,
    write_inputs,
)

# What holds text because it is what was asked for: documents, tables of documents, gold and its log, maps of mentions.
DATA = re.compile(
    r"\.(txt|ann|parquet)$|decisions\.jsonl$|^(bioc|pubtator|spert|i2b2|graph|round|queue)/|/documents/|^in/|^raw/"
)
ENDS = (0, 4, 143)  # 143: a server that was told to end


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("everything")
    write_inputs(folder)
    return folder


@pytest.fixture(scope="module")
def connected() -> list[object]:
    """Return the addresses that commands tried to connect to."""
    return []


@pytest.fixture(scope="module")
def ends(root: Path, connected: list[object]) -> dict[str, Ended]:
    """Run every command with sockets that connect to nothing."""

    def refuse(self: socket.socket, address: Any) -> None:
        connected.append(address)
        raise AssertionError(killing.CONNECTED)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"):
            patch.delenv(name, raising=False)  # nothing but ourselves keeps us from the network
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, refuse)
        patch.setattr(socket, "getaddrinfo", lambda *address, **_: refuse(socket.socket(), address))
        ended = {name: run_command(command) for name, command in list_commands(root).items()}
    for name, (command, ask) in list_servers(root).items():
        ended[name] = serve_and_ask(command, ask, folder=root / f"served {name}")
    return ended


def test_fault_58_every_command_works_without_a_network(ends: dict[str, Ended], connected: list[object]) -> None:
    assert {name: (e.code, e.err) for name, e in ends.items() if e.code not in ENDS} == {}
    assert connected == []
    assert [name for name, e in ends.items() if killing.CONNECTED in e.err] == []


def test_fault_58_no_command_is_forgotten(root: Path) -> None:
    commands = [*list_commands(root).values(), *(command for command, _ in list_servers(root).values())]
    assert {leaf_of(command) for command in commands} == list_leaves()


def test_fault_58_hub_name_without_a_network_asks_for_a_local_path(root: Path, ends: dict[str, Ended]) -> None:
    assert ends["build"].code == 0
    ended = relext("train", root / "corpus", "--out", root / "none", "--encoder", "someone/encoder")
    assert (ended.code, "give a local path" in ended.err, ended.err.count("\n")) == (2, True, 1)


def test_fault_72_nothing_printed_names_the_patient(ends: dict[str, Ended]) -> None:
    assert [name for name, e in ends.items() if any(word in e.out + e.err for word in CANARIES)] == []


def test_fault_72_patient_is_in_the_data_alone(root: Path, ends: dict[str, Ended]) -> None:
    assert ends
    files = [path for path in root.rglob("*") if path.is_file()]
    named = [path.relative_to(root).as_posix() for path in files
             if any(word.encode() in path.read_bytes() for word in CANARIES)]  # fmt: skip
    assert [name for name in named if not DATA.search(name)] == []
    assert any(name.startswith("in/") for name in named)  # the search finds what is there


def test_fault_72_shown_where_it_is_asked_for(root: Path, tmp_path: Path, ends: dict[str, Ended]) -> None:
    assert ends
    assert run("statistics", root / "corpus", "--show-text", "--out", tmp_path / "page").code == 0
    assert CANARIES[0] in (tmp_path / "page/report.html").read_text("utf-8")
