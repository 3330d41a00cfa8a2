"""A search response as JSON, for the HTTP API and for `broadsheet search --json` alike; the one place where it is made."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from search.annotation_answers import HitAnnotationsAnswer
from search.article import Precision
from search.figures import FacetAnswer, TimelineAnswer
from search.language import Kind, Reading, Understanding
from search.question_answering import Finding, Findings
from search.response import Hit, Relation, SearchResponse, Story


class SnippetAnswer(BaseModel):
    """Text of the matching passage; ``highlights`` are [start, end) character ranges in it."""

    text: str
    highlights: list[tuple[int, int]]


class SecondsAnswer(BaseModel):
    """Seconds per stage."""

    encode: float
    retrieve: float
    rerank: float
    count: float
    fetch: float
    total: float


class PieceAnswer(BaseModel):
    """The part [start, end) of the query and what it was taken for; what is ``excluded`` must not hold."""

    kind: Kind
    text: str
    excluded: bool
    start: int
    end: int


class NoteAnswer(BaseModel):
    """The part [start, end) of the query that looks like an operator and was read as plain text, and why."""

    reading: Reading
    message: str
    text: str
    start: int
    end: int


class UnderstoodAnswer(BaseModel):
    """How the query was read: ``words`` are searched by meaning, all other pieces are conditions that hold for every result."""

    words: str
    pieces: list[PieceAnswer]
    notes: list[NoteAnswer]

    @classmethod
    def of(cls, understood: Understanding) -> "UnderstoodAnswer":
        """The understanding as it goes over the wire."""
        return cls(
            words=understood.words,
            pieces=[
                PieceAnswer(kind=piece.kind, text=piece.text, excluded=piece.excluded, start=piece.start, end=piece.end)
                for piece in understood.pieces
            ],
            notes=[
                NoteAnswer(reading=note.reading, message=note.message, text=note.text, start=note.start, end=note.end)
                for note in understood.notes
            ],
        )


class StoryMemberAnswer(BaseModel):
    """An article of a story; ``copy_of`` is the id of an earlier one that it nearly equals."""

    id: int
    title: str
    source: str | None
    published_at: datetime | None
    published_precision: Precision | None
    copy_of: int | None


class StoryAnswer(BaseModel):
    """The articles on one event, in the order of their dates; ``best``, ``earliest`` and ``fullest`` are ids of members."""

    id: int
    best: int
    earliest: int | None
    fullest: int | None
    sources: list[str]
    members: list[StoryMemberAnswer]


class HitAnswer(BaseModel):
    """One article of a ranking; ``passage`` is the [start, end) range of its best passage in the article's text.

    ``topics`` are those of the dump; ``topic`` is the first of them or, where there are none, predicted by a head.
    """

    rank: int
    id: int
    key: str
    title: str
    url: str | None
    source: str | None
    published_at: datetime | None
    topic: str | None
    topics: list[str]
    topic_predicted: bool
    author: str | None
    language: str | None
    snippet: SnippetAnswer
    passage: tuple[int, int]
    similarity: float | None
    bm25: float | None
    fused: float | None
    relevance: float | None
    story: StoryAnswer | None
    relation: Relation | None
    annotations: HitAnnotationsAnswer | None

    @classmethod
    def of(cls, hit: Hit) -> "HitAnswer":
        """The hit as it goes over the wire."""
        return _hit(hit)


class SimilarAnswer(BaseModel):
    """The articles that are most like an article or a text, those on the same story first; ``id`` is that of the article, if it is one."""

    id: int | None
    hits: list[HitAnswer]

    @classmethod
    def of(cls, article_id: int | None, hits: Sequence[Hit]) -> "SimilarAnswer":
        """The hits as they go over the wire."""
        return cls(id=article_id, hits=[HitAnswer.of(hit) for hit in hits])


class SearchAnswer(BaseModel):
    """A page of a ranking.

    ``total`` counts all articles that match when ``total_is_exact``, else those that were ranked. ``rows`` is the number of hits
    on all pages together: stories, when they were asked for, else articles.
    """

    query: str
    understood: UnderstoodAnswer | None
    suggestion: str | None
    total: int
    total_is_exact: bool
    rows: int
    offset: int
    snapshot: str
    seconds: SecondsAnswer
    hits: list[HitAnswer]
    facets: list[FacetAnswer] | None
    timeline: TimelineAnswer | None

    @classmethod
    def of(cls, response: SearchResponse) -> "SearchAnswer":
        """The response as it goes over the wire."""
        seconds = response.seconds
        return cls(
            query=response.query,
            understood=UnderstoodAnswer.of(response.understood) if response.understood else None,
            suggestion=response.suggestion,
            total=response.total,
            total_is_exact=response.total_is_exact,
            rows=response.rows,
            offset=response.offset,
            snapshot=response.snapshot,
            seconds=SecondsAnswer(
                encode=seconds.encode,
                retrieve=seconds.retrieve,
                rerank=seconds.rerank,
                count=seconds.count,
                fetch=seconds.fetch,
                total=seconds.total,
            ),
            hits=[_hit(hit) for hit in response.hits],
            facets=[FacetAnswer.of(facet) for facet in response.facets] or None,
            timeline=TimelineAnswer.of(response.timeline) if response.timeline else None,
        )


class SentenceAnswer(BaseModel):
    """A sentence with its [start, end) characters in the article's text."""

    text: str
    start: int
    end: int


class FindingAnswer(BaseModel):
    """Words that answer the question, their [start, end) characters in the text of ``article``, and the sentence around them.

    ``probability`` is the reader's, 0..1; ``support`` weighs it with how well the article fits the question, and is higher when
    ``others``, the ids of further articles, answer the same.
    """

    answer: str
    probability: float
    support: float
    start: int
    end: int
    sentence: SentenceAnswer
    article: HitAnswer
    others: list[int]

    @classmethod
    def of(cls, finding: Finding) -> "FindingAnswer":
        """The finding as it goes over the wire."""
        first, last = finding.sentence
        return cls(
            answer=finding.text,
            probability=finding.probability,
            support=finding.support,
            start=finding.start,
            end=finding.end,
            sentence=SentenceAnswer(text=finding.hit.article.text[first:last], start=first, end=last),
            article=HitAnswer.of(finding.hit),
            others=[hit.id for hit in finding.others],
        )


class ReadingSecondsAnswer(BaseModel):
    """Seconds of the search and of the reading; those of requests that were answered together are theirs together."""

    search: float
    read: float


class FindingsAnswer(BaseModel):
    """The answers to a question in the archive, best supported first; none when the ``articles_read`` have none."""

    question: str
    answers: list[FindingAnswer]
    articles_read: int
    seconds: ReadingSecondsAnswer

    @classmethod
    def of(cls, found: Findings) -> "FindingsAnswer":
        """The findings as they go over the wire."""
        return cls(
            question=found.question,
            answers=[FindingAnswer.of(finding) for finding in found.findings],
            articles_read=found.articles,
            seconds=ReadingSecondsAnswer(search=found.search_seconds, read=found.read_seconds),
        )


def _hit(hit: Hit) -> HitAnswer:
    article = hit.article
    return HitAnswer(
        rank=hit.rank,
        id=hit.id,
        key=article.key,
        title=article.title,
        url=article.url,
        source=article.source,
        published_at=article.published_at,
        topic=hit.topics[0] if hit.topics else None,
        topics=list(article.topics),
        topic_predicted=bool(hit.topics) and not article.topics,
        author=article.author,
        language=article.language,
        snippet=SnippetAnswer(text=hit.snippet.text, highlights=list(hit.snippet.highlights)),
        passage=hit.passage,
        similarity=hit.similarity,
        bm25=hit.bm25,
        fused=hit.fused,
        relevance=hit.relevance,
        story=_story(hit.story) if hit.story else None,
        relation=hit.relation,
        annotations=HitAnnotationsAnswer.of(hit.annotations, article),
    )


def _story(story: Story) -> StoryAnswer:
    members = [
        StoryMemberAnswer(
            id=member.id,
            title=member.title,
            source=member.source,
            published_at=member.published_at,
            published_precision=member.published_precision,
            copy_of=member.copy_of,
        )
        for member in story.members
    ]
    return StoryAnswer(
        id=story.id, best=story.best, earliest=story.earliest, fullest=story.fullest, sources=list(story.sources), members=members
    )
