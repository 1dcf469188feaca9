"""What may be installed: floors, the lock file and the advisories that SECURITY.md names agree."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).resolve().parents[1]
LOCK = (PROJECT / "requirements.lock").read_text("utf-8")
SECURITY = (PROJECT / "SECURITY.md").read_text("utf-8")
PIN = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; [^\\\n]+)? \\(?:\n {4}--hash=sha256:[0-9a-f]{64}(?: \\)?)+$",
    re.MULTILINE,
)
ADVISORY = re.compile(r"^\| (?P<name>[a-z0-9-]+) \| (?P<mended>[0-9.]+) \| CVE-", re.MULTILINE)


def direct_requirements() -> list[Requirement]:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = chain(settings["dependencies"], *settings["optional-dependencies"].values())
    return [Requirement(line) for line in lines]


def pinned_versions(name: str) -> list[Version]:
    """Return each version that some platform gets."""
    return [Version(pin["version"]) for pin in PIN.finditer(LOCK) if pin["name"] == canonicalize_name(name)]


def floor(requirement: Requirement) -> Version:
    return next(Version(bound.version) for bound in requirement.specifier if bound.operator == ">=")


@pytest.mark.parametrize("requirement", direct_requirements(), ids=lambda requirement: requirement.name)
def test_each_direct_dependency_is_locked_within_its_bounds(requirement: Requirement) -> None:
    versions = pinned_versions(requirement.name)
    assert versions
    assert all(version >= floor(requirement) and version in requirement.specifier for version in versions)


def test_the_lock_file_holds_pins_with_hashes_and_comments_alone() -> None:
    # An index, a folder of wheels, a path of the machine that made the file or a pin without a hash would be left over.
    assert [line for line in PIN.sub("", LOCK).split("\n") if line and not re.match(r" *# ", line)] == []
    assert not re.search(r"://|@|\s/", LOCK)


def test_each_row_of_advisories_is_read() -> None:
    assert len(ADVISORY.findall(SECURITY)) == len(re.findall(r"^\|.*CVE-", SECURITY, re.MULTILINE)) > 0


@pytest.mark.parametrize(("name", "mended"), ADVISORY.findall(SECURITY))
def test_neither_floor_nor_pin_lies_below_a_mended_release(name: str, mended: str) -> None:
    floors = [floor(requirement) for requirement in direct_requirements() if requirement.name == name]
    assert pinned_versions(name)
    assert min([*floors, *pinned_versions(name)]) >= Version(mended)


def test_the_makefile_installs_the_torch_that_pyproject_asks_for() -> None:
    torch = next(str(requirement) for requirement in direct_requirements() if requirement.name == "torch")
    installed = re.search(r'"(torch[^"]+)"', (PROJECT / "Makefile").read_text("utf-8"))
    assert installed is not None
    assert str(Requirement(installed[1])) == torch
