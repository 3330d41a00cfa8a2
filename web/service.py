"""What the routes work with: the engine behind its queue, the metrics and the readiness probe, made once per application."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from search.errors import NoIndex, NotFound
from search.overview import Overview
from search.query import Query
from search.response import Comparison, Hit, SearchResponse, Walk
from web.metrics import Metrics
from web.protocols import Engine, Predictor
from web.queue import ModelQueue
from web.recorder import Recorder
from web.together import Together

Answer = TypeVar("Answer")
_READY_FOR_SECONDS = 10.0
_SIMILAR_ARTICLES = 6


class Service:
    """An engine, and the heads where there are any, that many requests share."""

    def __init__(
        self,
        engine: Engine,
        queue: ModelQueue,
        public_url: str | None = None,
        heads: Predictor | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.engine = engine
        self._recorder = recorder
        self._heads = heads
        self._public_url = public_url
        self.queue = queue
        self.metrics = Metrics(queue, self.overview_or_none, recorder)
        self._probing = asyncio.Lock()
        self._proved_at = float("-inf")

    async def search(self, query: Query) -> SearchResponse:
        """The engine's answer, found together with those of the requests that wait beside it."""
        response = await self.queue.run(self.engine.search_many, query)
        self.metrics.observe_stages(response.seconds)
        return response

    async def compare(self, queries: Sequence[Query]) -> Comparison:
        """Several queries over the same bars."""
        return await self.queue.run(self._compare_many, tuple(queries))

    def _compare_many(self, compared: Sequence[tuple[Query, ...]]) -> list[Comparison]:
        return [self.engine.compare(queries) for queries in compared]

    async def walk(self, query: Query) -> Walk:
        """All that matches; its hits are fetched as they are taken, without the models."""
        return await self.queue.run(self._walk_many, query)

    def _walk_many(self, queries: Sequence[Query]) -> list[Walk]:
        return [self.engine.walk(query) for query in queries]

    def site(self, request: Request) -> str:
        """Where this Broadsheet is reached, without a slash at the end: as it is set, else as it was asked."""
        return (self._public_url or str(request.base_url)).rstrip("/")

    async def similar(self, article_id: int, top_k: int = _SIMILAR_ARTICLES) -> tuple[Hit, ...]:
        """The articles most like one, those on the same story first."""
        return await self.queue.run(self._similar_many, (article_id, top_k))

    def _similar_many(self, wanted: Sequence[tuple[int, int]]) -> list[tuple[Hit, ...]]:
        return [self.engine.similar(article_id, top_k) for article_id, top_k in wanted]

    async def like_text(self, text: str, top_k: int) -> tuple[Hit, ...]:
        """The articles most like a text."""
        return await self.queue.run(self._like_texts, (text, top_k))

    def _like_texts(self, wanted: Sequence[tuple[str, int]]) -> list[tuple[Hit, ...]]:
        return [self.engine.like_text(text, top_k) for text, top_k in wanted]

    @property
    def takes_feedback(self) -> bool:
        """Whether the operator has turned feedback on."""
        return self._recorder is not None

    @property
    def recorder(self) -> Recorder:
        """What keeps feedback, where it is turned on."""
        assert self._recorder is not None, "the routes that ask are there only where feedback is on"
        return self._recorder

    @property
    def has_heads(self) -> bool:
        """Whether the heads are served; which ones are installed is another question."""
        return self._heads is not None

    @property
    def heads(self) -> Predictor:
        """The heads, whose methods that use models are for ``ask`` and for what runs in the queue. Raises NotFound where turned off."""
        if self._heads is None:
            raise NotFound("The heads are turned off here: start Broadsheet with BROADSHEET_HEADS=true to have them.")
        return self._heads

    async def ask(self, endpoint: str, method: Callable[..., Sequence[Answer]], items: Sequence[Any], *options: object) -> list[Answer]:
        """``method(items, *options)`` of the heads, in one batch with the requests that wait for the same; the first option is the task."""
        found: list[Answer] = await self.queue.run(Together(method, options), items)
        self.metrics.observe_head(endpoint, str(options[0] or "") if options else "", len(items))
        return found

    def overview_or_none(self) -> Overview | None:
        """What is served, or None as long as nothing is."""
        try:
            return self.engine.overview()
        except NoIndex:
            return None

    async def check_ready(self) -> None:
        """Returns when a real search was answered in the last ten seconds; raises the error that it met otherwise."""
        async with self._probing:
            if time.monotonic() - self._proved_at > _READY_FOR_SECONDS:
                await self.queue.run(self.engine.search_many, Query("news", top_k=1))
                self._proved_at = time.monotonic()


def service_of(request: Request) -> Service:
    """The service of the application that received the request."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]
