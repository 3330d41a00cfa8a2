"""What a newsroom asks beside the hits: matches, facets, timeline, key words, stories, and suggestions while typing.

    python -m benchmarks.newsroom [--data DIR] [--queries N] [--json]

Times are beyond the search itself: by the clock, and of the processor, which say more where a machine has other work. Queries
are the first words of titles of the archive, one to six of them, without the cross-encoder, which has nothing to do with counting.
Without ``--data`` the archive is one of 40,000 made-up passages.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TypeVar

import numpy as np

from benchmarks.searching import fill
from indexer.publication import ANEW, publish
from search.assemble import NO_RERANKER, load_encoder, open_data, open_engine
from search.engine import SearchEngine
from search.query import Interval, Query
from search.settings import Settings
from search.store import Archive, open_archive

PASSAGES = 40_000
QUERIES = 60
_SEED = 11

Result = TypeVar("Result")


def main() -> None:
    """Prints milliseconds, median and 95th percentile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="data folder of an archive")
    parser.add_argument("--queries", type=int, default=QUERIES, help="how many queries to ask")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        figures = measure(arguments.data or made_up(Path(folder)), arguments.queries)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):42} {value:12,.2f}")


def made_up(data: Path) -> Path:
    """The folder, with an archive of made-up articles in it."""
    with open_archive(f"sqlite:///{data / 'broadsheet.db'}") as archive:
        fill(archive, load_encoder(Settings()), PASSAGES)
        publish(archive, data, ANEW)
    return data


def measure(data: Path, queries: int) -> dict[str, float]:
    """All figures by name; milliseconds unless the name says otherwise."""
    settings = Settings(data=data, reranker=NO_RERANKER)
    engine = open_engine(settings)
    with open_data(settings) as archive:
        asked = list(_asked(archive, queries))
    taken: dict[str, list[float]] = defaultdict(list)
    for query in [asked[0], *asked]:  # the first one warms up, and its times are dropped below
        for stage, milliseconds in _stages(engine, query):
            taken[stage].append(milliseconds)
    matching = [engine.search(replace(query, facets=True)).total for query in asked]
    figures = {"articles": float(engine.overview().articles), "articles_that_match_p50": float(np.median(matching))}
    for stage, times in taken.items():
        figures |= {f"{stage}_p{percent}_ms": float(np.percentile(times[1:], percent)) for percent in (50, 95)}
    return figures


def _stages(engine: SearchEngine, query: Query) -> Iterator[tuple[str, float]]:
    """The milliseconds of the search and of each thing that can be asked beside it; the first that counts also finds what matches."""
    _, plain, plain_processor = _timed(lambda: engine.search(query))
    yield "plain_search", plain
    yield "plain_search_processor", plain_processor
    beside = {
        "matches_and_facets": replace(query, facets=True),
        "timeline": replace(query, timeline=Interval.WEEK),
        "words": replace(query, keywords=True),
        "stories": replace(query, stories=True),
        "facets_again": replace(query, facets=True),
    }
    clock, processor = {}, {}
    for stage, asked in beside.items():
        response, _, spent = _timed(lambda asked=asked: engine.search(asked))  # type: ignore[misc]
        clock[stage], processor[stage] = 1000 * response.seconds.count, max(spent - plain_processor, 0.0)
    for kind, spent_on in (("", clock), ("_processor", processor)):
        yield from ((stage + kind, milliseconds) for stage, milliseconds in spent_on.items())
        for third in ("words", "stories"):
            yield f"facets_timeline_{third}_together{kind}", sum(spent_on[stage] for stage in ("matches_and_facets", "timeline", third))
    for length in (2, 4, 7):
        _, waited, spent = _timed(lambda length=length: engine.suggest(query.text[:length]))  # type: ignore[misc]
        yield "suggest", waited
        yield "suggest_processor", spent


def _asked(archive: Archive, count: int) -> Iterator[Query]:
    """Queries of one to six words."""
    titles = [stored.article.title.split() for batch in archive.all_articles() for stored in batch if stored.article.title]
    generator = np.random.default_rng(_SEED)
    for place in generator.choice(len(titles), count).tolist():
        yield Query(" ".join(titles[place][: int(generator.integers(1, 7))]).lower())


def _timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """What the work gives, and its milliseconds by the clock and of the processor."""
    begun, spent = perf_counter(), process_time()
    result = work()
    return result, 1000 * (perf_counter() - begun), 1000 * (process_time() - spent)


if __name__ == "__main__":
    main()
