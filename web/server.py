"""One process that serves the application until it is told to stop, and then finishes what it has begun."""

import errno
import gc
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from search.errors import BroadsheetError

_LONGEST_HEAD = 64 * 1024  # bytes of an address with its headers; that of /lab holds a text, in which a Chinese character takes nine
_DRAIN_MARGIN = 5  # seconds beyond a request's own deadline


def open_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address, before any model is loaded. Raises BroadsheetError when that cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise BroadsheetError(f"The host {host!r} is unknown ({error.strerror}): give a name or address of this machine.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise BroadsheetError(f"Port {port} on {host} is in use: stop what listens there, or choose another with --port.") from None
        raise BroadsheetError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL at which the socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: FastAPI, listener: socket.socket, *, deadline: float, started: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT; requests in flight are answered, new connections are refused, and the exit status is 0.

    ``started`` is called once, when the first request can be answered.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # /metrics counts; what people search for does not belong in a log
        server_header=False,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        timeout_graceful_shutdown=int(deadline) + _DRAIN_MARGIN,
    )
    # uvicorn raises the signal again once it has drained; for us that is the end of a day's work, not a crash.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    _Server(config, started).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # What is loaded by now stays: the collector need not walk through all of it again in the middle of a search.
            gc.collect()
            gc.freeze()
            self._announce()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
