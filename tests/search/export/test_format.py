"""Every format is made as it is asked for."""

import tracemalloc
from collections.abc import Iterator

import pytest

from search.article import Article
from search.export import Format, export
from search.response import Hit
from tests.search.export.results import hit, results_of


class Hits:
    """Hits without end in sight; counts those that were taken."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0

    def __iter__(self) -> Iterator[Hit]:
        for rank in range(1, self.count + 1):
            self.taken += 1
            yield hit(rank, Article(str(rank), f"Title {rank}", "A sentence about oil. " * 10))


@pytest.mark.parametrize("wanted", Format)
def test_a_first_piece_comes_before_the_last_hit_is_taken(wanted: Format) -> None:
    hits = Hits(5_000)
    pieces = export(results_of(iter(hits), hits.count), wanted)
    next(pieces)
    assert 0 < hits.taken < 1_000


@pytest.mark.parametrize("wanted", Format)
def test_memory_does_not_grow_with_the_result(wanted: Format) -> None:
    peaks = []
    for count in (200, 600, 3_000):  # the first fills what is made once
        tracemalloc.start()
        length = sum(len(piece) for piece in export(results_of(iter(Hits(count)), count), wanted))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert length > 200 * count
    assert peaks[2] < peaks[1] + 200_000


def test_every_format_says_what_it_is() -> None:
    assert len({wanted.media_type for wanted in Format}) == len({wanted.suffix for wanted in Format}) == len(Format)
