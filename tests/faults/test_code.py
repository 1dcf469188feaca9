"""No pickle, no remote code, no YAML, no network: our code read as a tree, and the entry points that it calls (58)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("corpus_tools", "relext")

FORBIDDEN_MODULES = {
    *("pickle", "cPickle", "_pickle", "dill", "joblib", "cloudpickle", "shelve", "marshal", "yaml", "ruamel"),
    *(
        "requests",
        "urllib3",
        "aiohttp",
        "httpx",
        "ftplib",
        "smtplib",
        "telnetlib",
        "xmlrpc",
        "nltk",
        "pysbd",
        "filelock",
    ),
    *("urllib.request", "http.client", "http.server"),
}
# Where a socket may be opened at all: pages bind one, a hub is asked where its name was given.
MAY_USE_SOCKETS = {
    "corpus_tools/serving/server.py",
    "corpus_tools/storage/files.py",  # the host's name in a lock
    "relext/model/sources.py",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "torch.load", "torch.save",
                   "torch.hub.load", "numpy.load", "np.load", "pd.read_pickle", "pandas.read_pickle",
                   "tempfile.mktemp"}  # fmt: skip


def trees() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            yield path.relative_to(PROJECT).as_posix(), ast.parse(path.read_text("utf-8"))


def list_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def list_calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def find_faults(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield what a module does that no module of ours may do."""
    for module in list_imports(tree):
        if module in FORBIDDEN_MODULES or module.partition(".")[0] in FORBIDDEN_MODULES:
            yield f"{name} imports {module}"
        if module.partition(".")[0] == "socket" and name not in MAY_USE_SOCKETS:
            yield f"{name} imports {module}"
    for call in list_calls(tree):
        called = ast.unparse(call.func)
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg}
        if called in FORBIDDEN_CALLS:
            yield f"{name}:{call.lineno} calls {called}"
        if keywords.get("trust_remote_code", "False") != "False" or keywords.get("shell", "False") != "False":
            yield f"{name}:{call.lineno} {called} runs what it is given"
        if keywords.get("allow_pickle", "False") != "False" or keywords.get("weights_only", "True") != "True":
            yield f"{name}:{call.lineno} {called} reads pickles"
        if keywords.get("autoescape", "True") != "True":
            yield f"{name}:{call.lineno} {called} escapes nothing"


def test_fault_58_no_module_of_ours_can_run_what_it_reads_or_reach_a_network() -> None:
    assert [fault for name, tree in trees() for fault in find_faults(name, tree)] == []


@pytest.mark.parametrize(
    "line",
    ["import pickle", "from yaml import load", "import urllib.request", "import socket", "eval('1')", "torch.load('x')",
     "f(trust_remote_code=True)", "subprocess.run('x', shell=True)", "np.load('x', allow_pickle=True)",
     "Environment(autoescape=False)"],
)  # fmt: skip
def test_fault_58_scan_finds_what_it_looks_for(line: str) -> None:
    assert list(find_faults("ours.py", ast.parse(line)))


@pytest.mark.parametrize("entry", ["from_pretrained", "from_config"])
def test_fault_56_every_loader_of_the_library_is_told_to_run_no_code(entry: str) -> None:
    calls = [(name, call) for name, tree in trees() for call in list_calls(tree)
             if isinstance(call.func, ast.Attribute) and call.func.attr == entry]  # fmt: skip
    assert calls
    for name, call in calls:
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert keywords.get("trust_remote_code") == "False", f"{name}:{call.lineno}"
        if entry == "from_pretrained":
            assert keywords.get("local_files_only") == "True", f"{name}:{call.lineno}"


def test_fault_56_xml_is_parsed_without_entities() -> None:
    parsers = [(name, call) for name, tree in trees() for call in list_calls(tree)
               if ast.unparse(call.func).endswith("XMLParser")]  # fmt: skip
    assert parsers
    assert all("resolve_entities=False" in ast.unparse(call) for _, call in parsers)
