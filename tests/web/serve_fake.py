"""Serves the engine in memory from a process of its own: ``python -m tests.web.serve_fake [--slow SECONDS]``; prints its address."""

import sys
import time
from collections.abc import Sequence

from search.query import Query
from search.response import SearchResponse
from search.settings import Settings
from tests.web.fake_heads import FakeHeads
from tests.web.newsroom import Newsroom
from web.app import create_app
from web.server import address_of, open_socket, run


class SlowEngine(Newsroom):
    """Takes its time over a query that says "slow"."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
        if any("slow" in query.text for query in queries):
            print("begun", flush=True)
            time.sleep(self.seconds)
        return super().search_many(queries)


def main() -> None:
    seconds = float(sys.argv[2]) if "--slow" in sys.argv else 0.0
    listener = open_socket("127.0.0.1", 0)
    app = create_app(SlowEngine(seconds), Settings(), FakeHeads())
    run(app, listener, deadline=10, started=lambda: print(address_of(listener), flush=True))


if __name__ == "__main__":
    main()
