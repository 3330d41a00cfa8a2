"""While a query is typed, names and titles that go on from it are offered."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.publication import publish
from search.completion import completions
from search.index.published import open_current
from search.index.snapshot import Snapshot
from search.language import understand
from search.query import Filters
from search.store import Archive, open_archive
from search.suggestion import Suggestion
from tests.archives import index, record
from tests.fakes import WordEncoder

TITLES = {
    "OPEC cuts output": "2020-01-01",
    "Traders shrug as OPEC meets": "2021-01-01",
    "Zoë's open question": "2019-01-01",
    "欧佩克宣布减产": "2018-01-01",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(f"sqlite:///{tmp_path_factory.mktemp('archive') / 'a.db'}") as archive:
        yield archive


@pytest.fixture(scope="module")
def snapshot(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    data: Path = tmp_path_factory.mktemp("data")
    records = [
        record(str(number), number, title=title, source="The Open Gazette", author="Opal Smith", topic=["Energy"], published_at=date)
        for number, (title, date) in enumerate(TITLES.items())
    ]
    index(archive, WordEncoder(), [*records, record("again", 9, title="OPEC cuts output", source="Wire", topic=["Energy policy", "World"])])
    publish(archive, data)
    return open_current(data).snapshot


def _offered(typed: str, snapshot: Snapshot, archive: Archive, limit: int = 8) -> list[str]:
    return [f"{found.kind} {found.text}" for found in completions(typed, limit, snapshot, archive)]


def test_names_come_first_then_titles_that_begin_so_then_those_that_contain_it(snapshot: Snapshot, archive: Archive) -> None:
    assert _offered("op", snapshot, archive) == [
        "source The Open Gazette",
        "author Opal Smith",
        "title OPEC cuts output",
        "title Traders shrug as OPEC meets",
        "title Zoë's open question",
    ]
    assert _offered("opec m", snapshot, archive) == ["title Traders shrug as OPEC meets"]
    assert _offered("Energy", snapshot, archive) == ["topic Energy", "topic Energy policy"]
    assert _offered("减产", snapshot, archive) == ["title 欧佩克宣布减产"]
    assert _offered("zoe", snapshot, archive) == ["title Zoë's open question"]
    assert _offered("o", snapshot, archive) == ["source The Open Gazette", "author Opal Smith"], "one letter is too little for titles"
    assert _offered("", snapshot, archive) == _offered(" -:", snapshot, archive) == []


def test_a_name_says_how_many_articles_have_it_and_how_to_ask_for_it(snapshot: Snapshot, archive: Archive) -> None:
    (found,) = completions("open gaz", 1, snapshot, archive)
    assert found == Suggestion("source", "The Open Gazette", 'source:"The Open Gazette"', 4)
    among = snapshot.restrict(understand(found.query).condition, Filters())
    assert among is not None
    assert among.articles.sum() == found.articles


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(max_size=20) | st.sampled_from(["o" * 300, '"', "a" * 4_000]), limit=st.integers(0, 9))
def test_whatever_is_typed_is_answered_within_the_limit(snapshot: Snapshot, archive: Archive, typed: str, limit: int) -> None:
    assert len(completions(typed, limit, snapshot, archive)) <= limit
