"""What goes over the wire beside a search response, whose JSON ``search.answers`` makes for the command line too."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from search.annotation_answers import AnnotationsAnswer
from search.answers import SentenceAnswer
from search.article import Precision, StoredArticle
from search.heads.stance import Stance


class ArticleAnswer(BaseModel):
    """An article as the archive holds it; ``extra`` has the fields of the dump that Broadsheet does not know.

    ``topics`` are those of the dump; where there are none, ``topic`` is predicted by a head.
    """

    id: int
    key: str
    title: str
    text: str
    url: str | None
    source: str | None
    author: str | None
    language: str | None
    published_at: datetime | None
    published_precision: Precision | None
    topic: str | None
    topics: list[str]
    topic_predicted: bool
    annotations: AnnotationsAnswer | None
    extra: dict[str, Any]
    indexed_at: datetime

    @classmethod
    def of(cls, stored: StoredArticle) -> "ArticleAnswer":
        """The article as it goes over the wire."""
        article = stored.article
        topics = stored.annotations.topics(article.topics)
        return cls(
            id=stored.id,
            key=article.key,
            title=article.title,
            text=article.text,
            url=article.url,
            source=article.source,
            author=article.author,
            language=article.language,
            published_at=article.published_at,
            published_precision=article.published_precision,
            topic=topics[0] if topics else None,
            topics=list(article.topics),
            topic_predicted=bool(topics) and not article.topics,
            annotations=AnnotationsAnswer.of(stored.annotations, article),
            extra=dict(article.extra),
            indexed_at=stored.indexed_at,
        )


class StanceAnswer(BaseModel):
    """What an article makes of a claim; ``sentence`` is the closest to it, and is null where the article is about something else."""

    id: int
    claim: str
    label: str
    clear: bool = Field(description="Whether the label is more probable than all others together.")
    probabilities: dict[str, float]
    sentence: SentenceAnswer | None

    @classmethod
    def of(cls, stored: StoredArticle, claim: str, stance: Stance) -> "StanceAnswer":
        """The stance as it goes over the wire."""
        sentence = None
        if stance.sentence:
            start, end = stance.sentence
            sentence = SentenceAnswer(text=stored.article.text[start:end], start=start, end=end)
        return cls(id=stored.id, claim=claim, label=stance.label, clear=stance.clear, probabilities=stance.probabilities, sentence=sentence)


class ErrorAnswer(BaseModel):
    """Every error, whatever its status: one sentence, and the part of the request that is wrong where there is one."""

    error: str
    field: str | None = None


class StatusAnswer(BaseModel):
    """A probe that succeeded."""

    status: str
