"""The model queue: bounded, in batches, on time, and fair to neighbours."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from search.errors import NoIndex, Overloaded
from web.queue import ModelQueue


class Doubler:
    """Doubles numbers in batches that it notes; waits at a gate, cannot digest negative numbers."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        self.entered.release()
        self.gate.wait(10)
        if any(number < 0 for number in numbers):
            raise ArithmeticError("negative")
        return [2 * number for number in numbers]


@asynccontextmanager
async def running(size: int = 8, batch_size: int = 4, deadline: float = 10.0) -> AsyncIterator[ModelQueue]:
    queue = ModelQueue(size=size, batch_size=batch_size, deadline=deadline)
    queue.start()
    try:
        yield queue
    finally:
        await asyncio.to_thread(queue.close)


async def held_by_first(queue: ModelQueue, call: Doubler) -> "asyncio.Task[int]":
    """A first request that keeps the worker busy until the gate opens."""
    first = asyncio.create_task(queue.run(call, 0))
    await asyncio.to_thread(call.entered.acquire)
    return first


async def waiting(queue: ModelQueue, count: int) -> None:
    """Returns once that many wait."""
    while len(queue) != count:
        await asyncio.sleep(0.001)


def test_every_request_gets_its_own_result() -> None:
    async def scenario() -> list[int]:
        call = Doubler()
        call.gate.set()
        async with running() as queue:
            return list(await asyncio.gather(*(queue.run(call, number) for number in range(7))))

    assert asyncio.run(scenario()) == [0, 2, 4, 6, 8, 10, 12]


def test_requests_that_wait_are_answered_together_up_to_the_batch_size() -> None:
    async def scenario() -> tuple[list[list[int]], tuple[int, int]]:
        call = Doubler()
        async with running(batch_size=4) as queue:
            first = await held_by_first(queue, call)
            others = [asyncio.create_task(queue.run(call, number)) for number in range(1, 7)]
            await waiting(queue, 6)
            call.gate.set()
            await asyncio.gather(first, *others)
            return call.batches, (queue.counts.jobs, queue.counts.batches)

    assert asyncio.run(scenario()) == ([[0], [1, 2, 3, 4], [5, 6]], (7, 3))


def test_requests_for_different_functions_are_not_mixed() -> None:
    async def scenario() -> tuple[list[list[int]], list[list[int]]]:
        held, other = Doubler(), Doubler()
        other.gate.set()
        async with running() as queue:
            first = await held_by_first(queue, held)
            tasks = [asyncio.create_task(queue.run(call, number)) for number, call in [(1, other), (2, held), (3, other), (4, held)]]
            await waiting(queue, 4)
            held.gate.set()
            await asyncio.gather(first, *tasks)
            return held.batches, other.batches

    assert asyncio.run(scenario()) == ([[0], [2, 4]], [[1, 3]])


def test_a_full_queue_refuses_at_once() -> None:
    async def scenario() -> int:
        call = Doubler()
        async with running(size=2) as queue:
            tasks = [await held_by_first(queue, call)]
            tasks += [asyncio.create_task(queue.run(call, number)) for number in (1, 2)]
            await waiting(queue, 2)
            with pytest.raises(Overloaded, match="All 2 places in the queue are taken"):
                await queue.run(call, 3)
            call.gate.set()
            await asyncio.gather(*tasks)
            return queue.counts.rejected

    assert asyncio.run(scenario()) == 1


def test_a_request_past_its_deadline_is_told_and_is_not_answered_later() -> None:
    async def scenario() -> tuple[list[list[int]], int]:
        call = Doubler()
        async with running(deadline=0.5) as queue:
            first = await held_by_first(queue, call)
            with pytest.raises(Overloaded, match=r"No answer within 0\.5 seconds"):
                await queue.run(call, 1)
            with pytest.raises(Overloaded):
                await first
            assert len(queue) == 0
            call.gate.set()
            return call.batches, queue.counts.expired

    assert asyncio.run(scenario()) == ([[0]], 2)


def test_a_caller_that_goes_away_gives_its_place_free() -> None:
    async def scenario() -> list[list[int]]:
        call = Doubler()
        async with running(size=1) as queue:
            first = await held_by_first(queue, call)
            leaver = asyncio.create_task(queue.run(call, 1))
            await waiting(queue, 1)
            leaver.cancel()
            await waiting(queue, 0)
            stayer = asyncio.create_task(queue.run(call, 2))
            await waiting(queue, 1)
            call.gate.set()
            assert await asyncio.gather(first, stayer) == [0, 4]
            return call.batches

    assert asyncio.run(scenario()) == [[0], [2]]


def test_one_bad_request_does_not_fail_its_neighbours() -> None:
    async def scenario() -> list[object]:
        call = Doubler()
        async with running() as queue:
            first = await held_by_first(queue, call)
            tasks = [asyncio.create_task(queue.run(call, number)) for number in (1, -1, 3)]
            await waiting(queue, 3)
            call.gate.set()
            return list(await asyncio.gather(first, *tasks, return_exceptions=True))

    first, one, bad, three = asyncio.run(scenario())
    assert (first, one, three) == (0, 2, 6)
    assert isinstance(bad, ArithmeticError)


def test_a_known_error_reaches_the_caller_as_it_is() -> None:
    def nothing(_items: Sequence[int]) -> list[int]:
        raise NoIndex("nothing here")

    async def scenario() -> None:
        async with running() as queue:
            await queue.run(nothing, 1)

    with pytest.raises(NoIndex, match="nothing here"):
        asyncio.run(scenario())


def test_a_function_that_loses_results_fails_loudly() -> None:
    def forgetful(_items: Sequence[int]) -> list[int]:
        return []

    async def scenario() -> None:
        async with running() as queue:
            await queue.run(forgetful, 1)

    with pytest.raises(RuntimeError, match="1 requests got 0 results"):
        asyncio.run(scenario())


def test_closing_answers_those_that_wait_and_refuses_new_ones() -> None:
    async def scenario() -> list[int]:
        call = Doubler()
        queue = ModelQueue(size=8, batch_size=2, deadline=10)
        queue.start()
        first = await held_by_first(queue, call)
        tasks = [asyncio.create_task(queue.run(call, number)) for number in (1, 2, 3)]
        await waiting(queue, 3)
        closing = asyncio.create_task(asyncio.to_thread(queue.close))
        while True:  # until the thread has begun to close
            try:
                await asyncio.wait_for(queue.run(call, 9), 0.01)
            except Overloaded:
                break
            except TimeoutError:
                continue
        call.gate.set()
        await closing
        return list(await asyncio.gather(first, *tasks))

    assert asyncio.run(scenario()) == [0, 2, 4, 6]
