"""The one way to the models: a bounded queue whose single worker answers waiting requests in batches.

A request is an item for a batch function, ``call(items) -> results``; requests that wait for the same function are
answered together, as many as wait and no later than the models are free (no artificial delay). Knows nothing of HTTP
and nothing of search: any function that is safe on one thread can run here.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from search.errors import Overloaded

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class _Job:
    call: Callable[[Sequence[Any]], Sequence[Any]]
    item: Any
    future: Future[Any] = field(default_factory=Future)
    abandoned: bool = False


@dataclass(slots=True)
class QueueCounts:
    """What the queue has done since it was made."""

    jobs: int = 0
    batches: int = 0
    rejected: int = 0  # the queue was full
    expired: int = 0  # the deadline passed


class ModelQueue:
    """Runs calls on one worker thread, in order of arrival; ``len(queue)`` is how many wait."""

    def __init__(self, *, size: int, batch_size: int, deadline: float) -> None:
        self.size = size
        self.batch_size = batch_size
        self.deadline = deadline
        self.counts = QueueCounts()
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._open = False
        self._worker: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self) -> None:
        """Begin to answer."""
        self._open = True
        self._worker = threading.Thread(target=self._work, name="models", daemon=True)
        self._worker.start()

    def close(self) -> None:
        """Take no new requests, answer those that wait, and return when the last is done."""
        with self._changed:
            self._open = False
            self._changed.notify()
        if self._worker:
            self._worker.join()

    async def run(self, call: Callable[[Sequence[Item]], Sequence[Result]], item: Item) -> Result:
        """``call([…, item, …])``'s result for the item, or the error that it alone causes.

        Raises Overloaded at once when the queue is full and after ``deadline`` seconds without an answer. A caller
        that is cancelled gives its place in the queue free.
        """
        job = _Job(call, item)
        self._admit(job)
        try:
            async with asyncio.timeout(self.deadline) as limit:
                result: Result = await asyncio.wrap_future(job.future)
                return result
        except TimeoutError:
            if not limit.expired():
                raise
            self.counts.expired += 1
            raise Overloaded(f"No answer within {self.deadline:g} seconds because the service is busy: try again later.") from None
        finally:
            self._forget(job)

    def _admit(self, job: _Job) -> None:
        with self._changed:
            if not self._open:
                raise Overloaded("The service is shutting down: try again in a moment.")
            if len(self._waiting) >= self.size:
                self.counts.rejected += 1
                raise Overloaded(f"All {self.size} places in the queue are taken: try again in a moment.")
            self._waiting.append(job)
            self._changed.notify()

    def _forget(self, job: _Job) -> None:
        job.abandoned = True
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)

    def _work(self) -> None:
        while jobs := self._take():
            running = [job for job in jobs if job.future.set_running_or_notify_cancel()]
            if running:
                self.counts.batches += 1
                self.counts.jobs += len(running)
                self._answer(running)

    def _take(self) -> list[_Job]:
        """The oldest request and those behind it for the same function; nothing once closed and drained."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._open)
            if not self._waiting:
                return []
            call = self._waiting[0].call
            jobs = [job for job in self._waiting if job.call == call][: self.batch_size]
            for job in jobs:
                self._waiting.remove(job)
            return jobs

    def _answer(self, jobs: list[_Job]) -> None:
        try:
            results = jobs[0].call([job.item for job in jobs])
            if len(results) != len(jobs):
                raise RuntimeError(f"{len(jobs)} requests got {len(results)} results")
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
                return
            # One bad request must not fail its neighbours: each is tried alone, and only the culprit fails.
            for job in jobs:
                if not job.abandoned:
                    self._answer([job])
            return
        for job, result in zip(jobs, results, strict=True):
            job.future.set_result(result)
