"""The door: bodies that do not come, and clients that go."""

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive, Scope, Send

from web.intake import Intake


class Client:
    """Sends the given messages, then nothing until told to leave; keeps what it is answered."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        for message in messages:
            self.messages.put_nowait(message)
        self.answers: list[Message] = []

    def leave(self) -> None:
        self.messages.put_nowait({"type": "http.disconnect"})

    async def send(self, message: Message) -> None:
        self.answers.append(message)


SCOPE: Scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}


async def echo(_scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_the_application_sees_the_whole_body_at_once() -> None:
    async def scenario() -> list[Message]:
        client = Client([part(b"oil ", more=True), part(b"price", more=False)])
        await Intake(echo, deadline=10)(SCOPE, client.messages.get, client.send)
        return client.answers

    assert asyncio.run(scenario())[1]["body"] == b"oil price"


def test_a_body_that_does_not_come_is_a_408() -> None:
    async def scenario() -> list[Message]:
        client = Client([part(b"oil ", more=True)])
        await Intake(echo, deadline=0.05)(SCOPE, client.messages.get, client.send)
        return client.answers

    assert asyncio.run(scenario())[0]["status"] == 408


def test_a_client_that_leaves_while_sending_is_not_answered() -> None:
    async def scenario() -> list[Message]:
        client = Client([part(b"oil ", more=True)])
        client.leave()
        await Intake(echo, deadline=10)(SCOPE, client.messages.get, client.send)
        return client.answers

    assert asyncio.run(scenario()) == []


def test_work_for_a_client_that_leaves_is_cancelled() -> None:
    async def scenario() -> str:
        begun, outcome = asyncio.Event(), []

        async def patient(_scope: Scope, _receive: Receive, _send: Send) -> None:
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                outcome.append("cancelled")
                raise

        client = Client([part(b"", more=False)])
        request = asyncio.create_task(Intake(patient, deadline=10)(SCOPE, client.messages.get, client.send))
        await begun.wait()
        client.leave()
        await request
        return outcome[0]

    assert asyncio.run(scenario()) == "cancelled"
