"""What the browser tests of our pages share: Chromium without a network, in light or dark."""

import shutil
from pathlib import Path

import pytest


def check_page(path: Path, *, scheme: str, headings: int) -> None:
    """Open a page in Chromium and assert that it has the colours of the scheme, fits, and complains of nothing."""
    if not shutil.which("chromedriver"):
        pytest.skip("no chromedriver on this machine")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options)
    try:
        features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
        browser.get(path.as_uri())
        paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}[scheme]
        assert browser.execute_script("return document.querySelectorAll('h2').length") == headings
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    finally:
        browser.quit()
