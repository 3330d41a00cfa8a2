"""What a monitor reads at /metrics, in the Prometheus text format; each application counts for itself."""

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.overview import Overview
from search.response import Seconds
from web.queue import ModelQueue
from web.recorder import Recorder

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """Counts of one application in a registry of its own."""

    def __init__(self, queue: ModelQueue, overview: Callable[[], Overview | None], recorder: Recorder | None = None) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("broadsheet_requests", "Answered requests.", ["method", "route", "status"], registry=self._registry)
        self._latency = Histogram(
            "broadsheet_request_seconds", "Seconds from request to answer.", ["route"], buckets=_BUCKETS, registry=self._registry
        )
        self._stages = Histogram(
            "broadsheet_stage_seconds", "Seconds that a stage of a search took.", ["stage"], buckets=_BUCKETS, registry=self._registry
        )
        self._asked = Counter("broadsheet_head_requests", "Requests that a head answered.", ["endpoint", "task"], registry=self._registry)
        self._texts = Counter("broadsheet_head_texts", "Texts in these requests.", ["endpoint", "task"], registry=self._registry)
        self._registry.register(_Gauges(queue, overview, recorder))

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def observe_stages(self, seconds: Seconds) -> None:
        """Count the stages of a search."""
        for stage in ("encode", "retrieve", "rerank", "count", "fetch"):
            self._stages.labels(stage).observe(getattr(seconds, stage))

    def observe_head(self, endpoint: str, task: str, texts: int) -> None:
        """Count a request that a head answered; only tasks that exist get here, so their number is bounded."""
        self._asked.labels(endpoint, task).inc()
        self._texts.labels(endpoint, task).inc(texts)

    def exposition(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Gauges(Collector):
    """What is read when Prometheus asks, rather than counted as it happens."""

    def __init__(self, queue: ModelQueue, overview: Callable[[], Overview | None], recorder: Recorder | None) -> None:
        self._queue = queue
        self._recorder = recorder
        self._overview = overview

    def describe(self) -> Iterator[Metric]:
        """Nothing: names are not known before the first scrape, and asking the engine while it loads would be too early."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The queue's and the index's present state."""
        queue, counts = self._queue, self._queue.counts
        yield GaugeMetricFamily("broadsheet_queue_length", "Requests that wait for the models.", len(queue))
        yield GaugeMetricFamily("broadsheet_queue_size", "Requests that may wait for the models.", queue.size)
        yield CounterMetricFamily("broadsheet_queue_jobs", "Requests that the models answered.", counts.jobs)
        yield CounterMetricFamily("broadsheet_queue_batches", "Batches in which they did.", counts.batches)
        yield CounterMetricFamily("broadsheet_queue_rejected", "Requests refused because the queue was full.", counts.rejected)
        yield CounterMetricFamily("broadsheet_queue_expired", "Requests that waited past their deadline.", counts.expired)
        if self._recorder:
            yield CounterMetricFamily("broadsheet_feedback_kept", "Clicks and marks that were stored.", self._recorder.kept)
            yield CounterMetricFamily("broadsheet_feedback_dropped", "Clicks and marks that could not be stored.", self._recorder.dropped)
        overview = self._overview()
        yield GaugeMetricFamily("broadsheet_index_articles", "Articles in the served snapshot.", overview.articles if overview else 0)
        yield GaugeMetricFamily("broadsheet_index_passages", "Passages in the served snapshot.", overview.passages if overview else 0)
        if overview:
            age = time.time() - overview.published_at.timestamp()
            yield GaugeMetricFamily("broadsheet_snapshot_age_seconds", "Seconds since the served snapshot was made.", age)


class Measured:
    """Counts every request with its route (not its path, whose number is unbounded) and the time it took."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the wrapped application does."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        gone = True
        begin = time.perf_counter()

        async def note_status(message: Message) -> None:
            nonlocal status, gone
            if message["type"] == "http.response.start":
                status, gone = message["status"], False
            await send(message)

        try:
            await self.app(scope, receive, note_status)
            if gone:
                status = 499  # the client left before the answer: nginx's number for it
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.observe_request(scope["method"], route, status, time.perf_counter() - begin)
