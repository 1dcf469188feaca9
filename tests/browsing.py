"""What the browser tests share: Chromium with a profile of its own and no network beyond this machine's own pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@contextmanager
def open_chromium(profile: Path) -> Iterator["Chrome"]:
    """Open a headless Chromium that logs all complaints of its pages, or skip."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("needs chromium and chromedriver")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", OFFLINE, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with Chrome(options=options, service=Service(DRIVER)) as opened:
        opened.set_window_size(1280, 900)
        yield opened


def check_page(browser: "Chrome", path: Path, *, scheme: str, headings: int) -> None:
    """Open a page and assert that it has the colours of the scheme, fits, and complains of nothing."""
    features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
    browser.set_window_size(800, 900)
    browser.get(path.as_uri())
    paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}[scheme]
    assert browser.execute_script("return document.querySelectorAll('h2').length") == headings
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
