"""What all tests share: where the real corpora lie, and a process that never reaches a network."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.browsing import open_chromium

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

# No test asserts a time, and CI tries the same examples each time.
settings.register_profile(
    "project", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("project")

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

# In the background of a script SIGINT is ignored, and so it would be by each command that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

PROJECT = Path(__file__).resolve().parents[1]
SHARED_DATA = PROJECT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the project's root."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real corpora beside the project, or skip."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real corpora are not beside this checkout")
    return SHARED_DATA


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Chrome]":
    """Return a headless Chromium, the same for the tests of a module, or skip."""
    with open_chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
