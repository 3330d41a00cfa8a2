"""An archive is annotated once, whatever interrupts it, and again where a text or a head has changed; searches reach what was said."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from indexer.annotating import Annotated, annotate
from indexer.publication import ANEW, Policy, publish
from search.annotation import ENTITIES, SENTIMENT, TOPIC, Annotation, Annotations
from search.article import Article, StoredArticle
from search.engine import Depths, SearchEngine
from search.index.live import LiveSnapshot
from search.index.published import open_current
from search.language.condition import ENTITY_FIELDS, NameField
from search.language.words import words
from search.query import PLURALS, Filters, Names, Query
from search.store import Archive, open_archive
from tests.annotators import HEADS, WordAnnotator, said
from tests.archives import index, record
from tests.fakes import WordEncoder

ARTICLES = 60
SMALL = Policy(whole=0, tail=20)  # keeps segments even of a small archive
CHOICES = [
    Filters(sentiments=("Negative",)),
    Filters(persons=("ada bell",)),
    Filters(persons=("Ada Bell", "Ben Öz Carr"), organisations=("OPEC",)),
    Filters(places=("port élan",), without=Names(sentiments=("neutral",))),
    Filters(topics=("predicted",)),
    Filters(topics=("World",), without=Names(persons=("Ada Bell",), labels=("section: Home",))),
    Filters(labels=("section: home", "section: Abroad", "mood: Home")),
    Filters(labels=("section: Sport & Games",), sources=("Gazette",)),
    Filters(persons=("Omicron",)),
    Filters(without=Names(places=("Port Élan", "Nowhere"))),
]


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    with open_archive(database_url) as archive:
        index(archive, WordEncoder(), (record(f"a{i}", i) for i in range(ARTICLES)))
        yield archive


def _finish(archive: Archive, annotator: WordAnnotator) -> Annotated:
    *_, last = annotate(archive, annotator, batch=16)
    return last


def _stored(archive: Archive) -> list[StoredArticle]:
    return [stored for batch in archive.all_articles() for stored in batch]


def _expected(archive: Archive, heads: dict[str, str] = HEADS) -> dict[int, Annotations]:
    """What an annotator says that nothing interrupts and that knows no archive."""
    return {
        stored.id: Annotations(
            {task: said(stored.article, task, heads[task]) for task in sorted(heads) if task != TOPIC or not stored.article.topics}
        )
        for stored in _stored(archive)
    }


def _annotations(archive: Archive) -> dict[int, Annotations]:
    return archive.annotations([stored.id for stored in _stored(archive)])


def test_every_article_is_annotated_once_and_topics_only_where_there_are_none(archive: Archive) -> None:
    annotator = WordAnnotator()
    assert _finish(archive, annotator) == (ARTICLES, ARTICLES)
    assert _annotations(archive) == _expected(archive)
    assert len(annotator.asked) == ARTICLES
    assert _finish(archive, annotator) == (ARTICLES, ARTICLES)
    assert len(annotator.asked) == ARTICLES


class _Killed(WordAnnotator):
    """Is interrupted in the midst of the third batch."""

    def annotate(self, articles: Sequence[Article], tasks: Collection[str]) -> list[list[Annotation]]:
        if len(self.asked) > 32:
            raise KeyboardInterrupt
        return super().annotate(articles, tasks)


def test_an_interrupted_run_goes_on_where_it_was(archive: Archive) -> None:
    killed = _Killed()
    with pytest.raises(KeyboardInterrupt):
        _finish(archive, killed)
    held = len(_annotations(archive))
    assert held == 32, "whole batches, and nothing of the one that was interrupted"
    annotator = WordAnnotator()
    first, *_, last = annotate(archive, annotator, batch=16)
    assert (first, last) == ((held, ARTICLES), (ARTICLES, ARTICLES))
    assert len(annotator.asked) == ARTICLES - held
    assert _annotations(archive) == _expected(archive)


def test_a_changed_text_and_another_head_are_read_again_and_nothing_else(archive: Archive) -> None:
    annotator = WordAnnotator()
    _finish(archive, annotator)
    annotator.asked.clear()
    index(archive, WordEncoder(), [record("a3", 3000), record("a4", 4, source="Ledger"), record("new", 5000)])
    _finish(archive, annotator)
    assert sorted(key for key, _ in annotator.asked) == ["a3", "new"]
    annotator.asked.clear()
    annotator.fingerprints[SENTIMENT] = "tone:2"
    _finish(archive, annotator)
    assert [tasks for _, tasks in annotator.asked] == [frozenset({SENTIMENT})] * (ARTICLES + 1)
    assert _annotations(archive) == _expected(archive, HEADS | {SENTIMENT: "tone:2"})


def _engine(archive: Archive, data: Path) -> SearchEngine:
    return SearchEngine(LiveSnapshot(data, lambda _: WordEncoder()), None, archive, Depths(candidates=ARTICLES))


def _names(stored: StoredArticle, given: Annotations, field: NameField) -> list[str]:
    article = stored.article
    match field:
        case "topic":
            return list(article.topics) or [given.by_task[TOPIC].label or ""]
        case "source":
            return [article.source or ""]
        case "author" | "language":
            return [name for name in (getattr(article, field),) if name]
        case "sentiment":
            return [given.by_task[SENTIMENT].label or ""]
        case "label":
            return [f"{task}: {given.by_task[task].label}" for task in ("section", "mood")]
        case _:
            return [entity.name for entity in given.by_task[ENTITIES].entities if entity.type == field]


def _meets(stored: StoredArticle, given: Annotations, filters: Filters) -> bool:
    for field in PLURALS:
        own = {name.casefold() for name in _names(stored, given, field)}
        wanted, unwanted = ({name.casefold() for name in names.of(field)} for names in (filters, filters.without))
        groups = (
            [{name for name in wanted if name.startswith(f"{task}:")} for task in ("section", "mood")] if field == "label" else [wanted]
        )
        if own & unwanted or any(group and not own & group for group in groups):
            return False
    return True


@pytest.fixture
def annotated(archive: Archive, tmp_path: Path) -> SearchEngine:
    """Published in three steps: before anything was annotated, with some of it, and with all and a change."""
    publish(archive, tmp_path, SMALL)
    for _ in islice(annotate(archive, WordAnnotator(), batch=16), 3):
        pass
    publish(archive, tmp_path, SMALL)
    index(archive, WordEncoder(), [record("a5", 5000), record("more", 6000)])
    archive.delete(["a7"])
    _finish(archive, WordAnnotator())
    publish(archive, tmp_path, SMALL)
    return _engine(archive, tmp_path)


def test_filters_and_facets_are_what_brute_force_finds(archive: Archive, annotated: SearchEngine, tmp_path: Path) -> None:
    stored, given = _stored(archive), _expected(archive)
    snapshot = open_current(tmp_path).snapshot
    assert len(snapshot.manifest.segments) > 1, "the last publication has not written everything anew"
    everything = Query("-unheard", top_k=200, facets=True)
    for filters in [Filters(), *CHOICES]:
        expected = {one.id for one in stored if _meets(one, given[one.id], filters)}
        response = annotated.search(Query(everything.text, top_k=200, filters=filters, facets=True))
        assert {hit.id for hit in response.hits} == expected, filters
        among = snapshot.restrict(None, filters)
        vector = WordEncoder().encode_queries(["oil word1"])[0]
        for found in (snapshot.dense("oil", vector, among, 200), snapshot.hybrid("oil", vector, among, 200)):
            assert set(found.article_id.tolist()) == expected
        assert set(snapshot.lexical("oil word1 word2", vector, among, 200).article_id.tolist()) <= expected
    facets = {facet.task or facet.field: facet for facet in annotated.search(everything).facets}
    assert list(facets) == ["source", "topic", "author", "language", "sentiment", "person", "organisation", "place", "mood", "section"]
    for name, facet in facets.items():
        field = "label" if facet.task else name
        counted = Counter(one for each in stored for one in _names(each, given[each.id], field) if not facet.task or one.startswith(name))
        assert {value.name: value.count for value in facet.values} == counted
    assert facets["section"].shown(facets["section"].values[0]) in ("Home", "Abroad", "Sport & Games")


def test_a_count_is_the_total_that_choosing_the_name_gives(annotated: SearchEngine) -> None:
    filters = Filters(labels=("section: Home", "mood: Calm"), sentiments=("negative",))
    for facet in annotated.search(Query("-unheard", filters=filters, facets=True)).facets:
        for value in facet.values:
            others = tuple(name for name in filters.labels if not facet.task or not name.startswith(facet.task))
            chosen = {PLURALS["label"]: (*others, value.name)} if facet.task else {PLURALS[facet.field]: (value.name,)}
            kept = Filters(**{"labels": filters.labels, "sentiments": filters.sentiments} | chosen)
            assert annotated.search(Query("-unheard", filters=kept, facets=True)).total == value.count, value


@pytest.mark.parametrize(
    "operator", ["person:bell", "organisation:opec", 'place:"port elan"', "entity:élan", "sentiment:negative", "label:home"]
)
def test_operators_find_what_brute_force_finds(archive: Archive, annotated: SearchEngine, operator: str) -> None:
    given = _expected(archive)
    field, _, value = operator.partition(":")
    fields = ENTITY_FIELDS if field == "entity" else (field,)

    def carries(one: StoredArticle) -> bool:
        names = [name for each in fields for name in _names(one, given[one.id], each)]  # type: ignore[arg-type]
        return any(f" {' '.join(words(value))} " in f" {' '.join(words(name))} " for name in names)

    for text, wanted in ((operator, True), (f"-{operator}", False)):
        found = {hit.id for hit in annotated.search(Query(text, top_k=200)).hits}
        assert found == {one.id for one in _stored(archive) if carries(one) is wanted}


def test_hits_and_articles_say_what_heads_say(archive: Archive, annotated: SearchEngine) -> None:
    given = _expected(archive)
    for hit in annotated.search(Query("oil price", top_k=50)).hits:
        assert hit.annotations == given[hit.id] == annotated.article(hit.id).annotations
        assert hit.topics == (hit.article.topics or (given[hit.id].by_task[TOPIC].label,))


def test_without_annotations_everything_is_as_it_was(archive: Archive, tmp_path: Path) -> None:
    publish(archive, tmp_path)
    engine = _engine(archive, tmp_path)
    response = engine.search(Query("oil entity:OPEC", facets=True, top_k=5))
    assert [facet.field for facet in response.facets] == ["source", "topic", "author", "language"]
    assert response.understood is not None
    assert [note.reading for note in response.understood.notes] == ["no_entities"]
    assert all(not hit.annotations for hit in response.hits)
    _finish(archive, WordAnnotator())
    publish(archive, tmp_path)
    assert engine.refresh()
    archive.annotating().forget(list(HEADS))
    publish(archive, tmp_path)
    assert engine.refresh()
    again = engine.search(Query("oil entity:OPEC", facets=True, top_k=5))
    assert (again.hits, again.facets, again.understood) == (response.hits, response.facets, response.understood)


def test_an_index_built_anew_says_the_same(archive: Archive, annotated: SearchEngine, tmp_path: Path) -> None:
    query = Query("-unheard sentiment:negative", top_k=200, facets=True)
    before = annotated.search(query)
    assert publish(archive, tmp_path, ANEW) is not None
    assert annotated.refresh()
    after = annotated.search(query)
    assert (after.hits, after.facets) == (before.hits, before.facets)
