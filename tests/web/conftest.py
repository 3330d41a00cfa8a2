"""The application over the engine in memory: called without a socket, or served for a browser."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, sync_playwright

from search.settings import Settings
from tests.web.fake_engine import FakeEngine
from web.app import create_app

ROOT = Path(__file__).parents[2]
Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def client(engine: FakeEngine) -> Iterator[TestClient]:
    with TestClient(create_app(engine, Settings())) as client:
        yield client


@pytest.fixture
def empty_client() -> Iterator[TestClient]:
    with TestClient(create_app(FakeEngine(()), Settings())) as client:
        yield client


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The address of a server in a process of its own."""
    with subprocess.Popen([sys.executable, "-m", "tests.web.serve_fake"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture(scope="module")  # Playwright keeps an event loop in this thread, where other modules run their own
def browser() -> Iterator[Browser]:
    """Chromium, which continuous integration must have and others may."""
    executable = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium was found on the PATH: install one, the page is tested in it")
        pytest.skip("no Chromium was found on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, served: str) -> Iterator[OpenPage]:
    """Opens an address in a new context; whatever a script says or a dialog shows fails the test."""
    with ExitStack() as contexts:
        complaints: list[str] = []

        def open_page(address: str, **options: object) -> Page:
            context = browser.new_context(base_url=served, **{"viewport": {"width": 1280, "height": 900}, **options})  # type: ignore[arg-type]
            contexts.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(30_000)  # nothing waits for it but a busy machine
            page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
            page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
            page.on("console", lambda message: complaints.append(f"console: {message.text}"))
            page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(served) else None)
            page.goto(address)
            return page

        yield open_page
        # A browser notes on its console that a page came with an error status; that is no script of ours.
        assert [line for line in complaints if "Failed to load resource" not in line] == []


@pytest.fixture
def serve_fake() -> Iterator[Serve]:
    """Starts servers that the test ends."""
    with ExitStack() as processes:

        def serve(*arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.web.serve_fake", *arguments],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            processes.enter_context(process)
            processes.callback(process.kill)
            return process

        yield serve


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
