"""What conditions, corrections and suggestions cost beside a search, on an archive of your own.

    python -m benchmarks.language --data DIR

Prints milliseconds of processor time, so that other work on the machine counts little: reading a query, making the masks of a condition
(nothing remembered), looking for misspelt words, and each key pressed while titles of the archive are typed.
"""

import argparse
import random
import time
from collections.abc import Callable
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np

from search.assemble import open_data
from search.completion import completions
from search.index.published import open_current
from search.language import understand
from search.query import Filters
from search.settings import Settings
from search.spelling import corrected

TITLES = 100
LONGEST_TYPED = 20
OPERATORS = (
    "-{0}",
    '"{0} {1}"',
    "({0} OR {1})",
    "{0:.3}*",
    'near5:"{0} {1}"',
    "title:{0}",
    "after:1987 before:2030",
    "-(topic:{0} OR source:{1})",
)


def main() -> None:
    """Prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of an indexed archive")
    settings = Settings(data=parser.parse_args().data)
    snapshot = open_current(settings.data).snapshot
    with open_data(settings) as archive:
        stored = list(islice(chain.from_iterable(archive.all_articles()), 20 * TITLES))
        titles = [
            one.article.title for one in random.Random(5).sample(stored, min(TITLES, len(stored))) if len(one.article.title.split()) > 1
        ]
        print(f"{len(snapshot):,} articles")
        _report("read a query", [_took(partial(understand, title)) for title in titles])
        understood = [understand(title) for title in titles]
        _report("look for misspelt words", [_took(partial(corrected, one, snapshot.correction)) for one in understood])
        for operator in OPERATORS:
            conditions = [understand(operator.format(*title.split())).condition for title in titles]
            snapshot.restrict.cache_clear()
            _report(operator, [_took(partial(snapshot.restrict, condition, Filters())) for condition in conditions])
        typed = [title[:end] for title in titles for end in range(1, min(len(title), LONGEST_TYPED) + 1)]
        _report("complete what is typed", [_took(partial(completions, text, 8, snapshot, archive)) for text in typed])


def _took(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


def _report(name: str, milliseconds: list[float]) -> None:
    p50, p95, p100 = np.percentile(milliseconds, (50, 95, 100))
    print(f"  {name:32} p50 {p50:8.2f}   p95 {p95:8.2f}   most {p100:8.2f}")


if __name__ == "__main__":
    main()
