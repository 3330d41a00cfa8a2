"""The application, as a function of the engine that it serves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from search.settings import Settings
from web import api, export, feedback, lab, pages, questions, similar, suggestions
from web import heads as head_routes
from web.answering import Answering
from web.errors import handle_errors
from web.headers import SecurityHeaders
from web.intake import HeadAsGet, Intake
from web.metrics import Measured
from web.protocols import Engine, Predictor
from web.queue import ModelQueue
from web.recorder import Recorder
from web.refresh import Refresher
from web.service import Service

_REFRESH_SECONDS = 2.0


@asynccontextmanager
async def _running(queue: ModelQueue, refresher: Refresher, recorder: Recorder | None) -> AsyncIterator[None]:
    queue.start()
    refresher.start()
    if recorder:
        recorder.start()
    yield
    if recorder:
        await asyncio.to_thread(recorder.close)
    await asyncio.to_thread(refresher.close)
    await asyncio.to_thread(queue.close)


def create_app(engine: Engine, settings: Settings, heads: Predictor | None = None) -> FastAPI:
    """An application that answers from the engine and, where the settings have them, the heads.

    Its queue, the one way to all models, and its look-out for new snapshots run while it does.
    """
    queue = ModelQueue(size=settings.queue_size, batch_size=settings.batch_size, deadline=settings.deadline)
    recorder = Recorder(engine.feedback(), settings.feedback_days) if settings.feedback else None
    service = Service(engine, queue, settings.public_url, heads if settings.heads else None, recorder)
    app = FastAPI(
        title="Broadsheet",
        summary="Semantic search for news.",
        version=version("broadsheet"),
        docs_url=None,  # the stock pages load scripts from a CDN; ours is /docs in web.pages
        redoc_url=None,
        lifespan=lambda _app: _running(queue, Refresher(engine, every=_REFRESH_SECONDS), recorder),
        middleware=[
            Middleware(HeadAsGet),
            Middleware(SecurityHeaders),
            Middleware(Measured, metrics=service.metrics),
            Middleware(Intake, deadline=settings.deadline),
        ],
    )
    app.state.service = service
    app.state.answering = Answering(service, on=settings.answers)
    app.include_router(api.router)
    app.include_router(export.router)
    app.include_router(similar.router)
    app.include_router(suggestions.router)
    app.include_router(head_routes.router)
    app.include_router(pages.router)
    app.include_router(lab.router)
    app.include_router(questions.router)
    app.include_router(feedback.router if recorder else feedback.off)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    handle_errors(app)
    return app
