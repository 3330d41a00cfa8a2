"""The door: refuses an address that is no UTF-8 and a body that is too long, and notices when the client goes away.

The body is read whole before the application sees the request. From then on the connection can only say "closed", and
when it does the request is cancelled, which frees its place in the queue.
"""

import asyncio
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import Refused, error_response

MAX_BODY_BYTES = 1_000_000
_DRAINED_BYTES = 16 * MAX_BODY_BYTES  # what is read and thrown away so that the client gets to read the refusal


class ClientGone(Exception):
    """The client closed the connection before it had sent its request."""


class HeadAsGet:
    """Answers HEAD as GET; the server leaves the body of the answer away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the wrapped application does."""
        await self.app({**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope, receive, send)


class Intake:
    """Lets a request in when its address and body can be read within ``deadline`` seconds."""

    def __init__(self, app: ASGIApp, *, deadline: float) -> None:
        self.app = app
        self.deadline = deadline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a refusal itself, and everything else as the wrapped application does."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            refuse_broken_address(scope)
            refuse_endless_body(scope)
            async with asyncio.timeout(self.deadline):
                body = await read_body(receive)
        except Refused as refusal:
            await error_response(scope, refusal.status, str(refusal), refusal.field)(scope, receive, send)
        except TimeoutError:
            await error_response(scope, 408, f"The body did not arrive within {self.deadline:g} seconds: send it faster.", "body")(
                scope, receive, send
            )
        except ClientGone:
            return
        else:
            await self._answer(scope, body, receive, send)

    async def _answer(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        inbox: asyncio.Queue[Message] = asyncio.Queue()
        inbox.put_nowait({"type": "http.request", "body": body, "more_body": False})
        answered = False

        async def note_end(message: Message) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        answer = asyncio.ensure_future(self.app(scope, inbox.get, note_end))

        async def watch() -> None:
            message = await until_gone(receive)
            inbox.put_nowait(message)
            if not answered:
                answer.cancel()

        watcher = asyncio.create_task(watch())
        try:
            await asyncio.wait([answer])
        finally:
            answer.cancel()  # does nothing to a finished task: only when this request is cancelled from outside
            watcher.cancel()
        if not answer.cancelled():
            answer.result()


def refuse_broken_address(scope: Scope) -> None:
    """Raises Refused when path or query string are not UTF-8 once their percent signs are decoded."""
    for part in (scope.get("raw_path") or b"", scope["query_string"]):
        try:
            unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(400, "The address is not valid UTF-8: encode its text as UTF-8 before percent-encoding it.") from None


def refuse_endless_body(scope: Scope) -> None:
    """Raises Refused when the body's announced length is more than anyone would wait for."""
    length = Headers(scope=scope).get("content-length", "0")
    if length.isdigit() and int(length) > _DRAINED_BYTES:
        raise _too_long()


async def read_body(receive: Receive) -> bytes:
    """The whole body. Raises Refused when it is longer than MAX_BODY_BYTES, ClientGone when it ends early."""
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        length += len(message.get("body", b""))
        if length <= MAX_BODY_BYTES:
            chunks.append(message.get("body", b""))
        if not message.get("more_body", False) or length > _DRAINED_BYTES:
            break
    if length > MAX_BODY_BYTES:
        raise _too_long()
    return b"".join(chunks)


def _too_long() -> Refused:
    return Refused(413, f"The body is longer than {MAX_BODY_BYTES:,} bytes: send less at a time.", "body")


async def until_gone(receive: Receive) -> Message:
    """The message with which the connection ends."""
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message
