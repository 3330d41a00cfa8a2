"""A real process: it drains when told to stop, and says clearly when it cannot start."""

import signal
import socket
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from search.errors import BroadsheetError
from tests.web.conftest import Serve
from tests.web.fake_engine import FakeEngine
from web.cli import served
from web.server import address_of, open_socket


def fetch(address: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(address, timeout=30) as response:
        return response.status, response.read()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_is_in_flight_refuses_new_connections_and_exits_with_0(serve_fake: Serve, stop: signal.Signals) -> None:
    process = serve_fake("--slow", "1.5")
    address = process.stdout.readline().strip()  # type: ignore[union-attr]
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(fetch, f"{address}/search?q=slow+oil")
        assert process.stdout.readline() == "begun\n"  # type: ignore[union-attr]
        process.send_signal(stop)
        refused = False
        while not refused and not slow.done():
            try:
                fetch(f"{address}/livez")
            except (urllib.error.URLError, ConnectionError):
                refused = True
        assert refused
        status, body = slow.result()
    assert status == 200
    assert b'"query":"slow oil"' in body
    assert process.wait(20) == 0
    assert process.stderr.read() == ""  # type: ignore[union-attr]


def test_a_client_that_disconnects_leaves_nothing_behind(serve_fake: Serve) -> None:
    process = serve_fake("--slow", "0.5")
    address = process.stdout.readline().strip()  # type: ignore[union-attr]
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as first:
        first.sendall(b"GET /search?q=slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert process.stdout.readline() == "begun\n"  # type: ignore[union-attr]
        with socket.create_connection((host, int(port))) as second:
            second.sendall(b"GET /search?q=left HTTP/1.1\r\nHost: x\r\n\r\n")
            while b"broadsheet_queue_length 1.0" not in fetch(f"{address}/metrics")[1]:
                pass
        while b"broadsheet_queue_length 0.0" not in fetch(f"{address}/metrics")[1]:
            pass
        lines = fetch(f"{address}/metrics")[1].decode().splitlines()
    assert "broadsheet_queue_jobs_total 1.0" in lines
    assert 'broadsheet_requests_total{method="GET",route="/search",status="499"} 1.0' in lines


def test_a_taken_port_is_named(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)), pytest.raises(BroadsheetError) as caught:
        open_socket("127.0.0.1", free_port)
    assert str(caught.value) == f"Port {free_port} on 127.0.0.1 is in use: stop what listens there, or choose another with --port."


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(BroadsheetError, match=r"host 'no\.such\.invalid' is unknown"):
        open_socket("no.such.invalid", 0)


def test_the_address_of_a_socket_is_a_url() -> None:
    with open_socket("127.0.0.1", 0) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_what_is_served_is_said_in_a_line() -> None:
    assert served(FakeEngine().overview(), Path("archive")) == "8 articles in snapshot 20260102T030405Z · FAISS 1.0 on CPU"
    assert "broadsheet index PATH --data archive" in served(None, Path("archive"))
