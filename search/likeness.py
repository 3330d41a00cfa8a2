"""More like this: what is searched for when a text or an article takes the place of a query, and what is kin to it."""

import re
from dataclasses import replace

import numpy as np

from search.article import Article, Lead, StoredArticle
from search.errors import BadInput
from search.hits import hits_between
from search.index.live import LiveSnapshot
from search.index.snapshot import Snapshot
from search.language import Kind, Piece, Understanding
from search.protocols import Candidates, Encoder, Floats, Mask, Vectors
from search.query import Query
from search.ranking import minmax_fusion
from search.response import Hit, Relation
from search.snippet import Highlighter
from search.stages import Ranking, rows
from search.store import Archive
from search.stories import story_of_each
from search.text import clean_text, passage_text, windows

MAX_CHARACTERS = 20_000
"""Of a pasted text; what follows says little more about what it is like."""

_COMPARED = 50  # articles among which those on the same story are looked for
_WORDS, _STEP = 150, 100  # of a window of a pasted text
_SAID_CHARACTERS = 400  # of an article that stand for it where words are compared
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def text_to_compare(text: str) -> str:
    """The text as it is compared. Raises BadInput when there is nothing to compare."""
    cleaned = clean_text(text[:MAX_CHARACTERS])
    if not any(character.isalnum() for character in cleaned):
        raise BadInput("The text has no words: give some sentences of an article.", field="text")
    return cleaned


def text_vectors(text: str, encoder: Encoder) -> Vectors:
    """The vectors of the text's windows, in its order."""
    return encoder.encode_passages([passage_text("", text[start:end]) for start, end in windows(text, _WORDS, _STEP)])


def mean_vector(vectors: Vectors) -> Floats:
    """The direction in the middle of all of them, of length 1."""
    mean = vectors.mean(axis=0)
    direction: Floats = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
    return direction


def addressed_article(text: str, archive: Archive) -> StoredArticle | None:
    """The article whose address the text is, if it is nothing else and the article is stored."""
    address = text.strip()
    return archive.article_by_url(address) if _ADDRESS.fullmatch(address) else None


def understood_as(text: str, stored: StoredArticle) -> Understanding:
    """A query text that is an article's address asks for what is like the article."""
    title = stored.article.title or stored.article.key
    piece = Piece(Kind.LIKE, title, excluded=False, start=0, end=len(text))
    return Understanding(text, words_of(stored.article), pieces=(piece,))


def words_of(article: Article) -> str:
    """What stands for an article where a query's words are compared: its title and beginning."""
    return passage_text(article.title, article.text[:_SAID_CHARACTERS])


class Likeness:
    """Finds the articles that are most like an article or a text. Safe for concurrent use; ``to_text`` asks the encoder."""

    def __init__(self, live: LiveSnapshot, archive: Archive) -> None:
        self._live = live
        self._archive = archive

    def to_article(self, article_id: int, top_k: int) -> tuple[Hit, ...]:
        """At most ``top_k`` articles, those on the same story first; none for one that was stored since the snapshot was published."""
        snapshot = self._live.opened.snapshot
        vectors = snapshot.passage_vectors(article_id)
        leads = self._archive.leads([article_id])
        if len(vectors) == 0 or not leads:
            return ()
        mean = mean_vector(vectors)
        nearest = snapshot.dense("", mean, None, max(top_k, _COMPARED) + 1)
        nearest = rows(nearest, np.flatnonzero(nearest.article_id != article_id))
        group = int(snapshot.near_duplicates(np.array([article_id]))[0])
        near_duplicates = snapshot.near_duplicates(nearest.article_id) == group
        return self._hits(snapshot, leads[article_id], vectors[0], mean, nearest, nearest.similarity, near_duplicates, top_k)

    def to_text(self, text: str, top_k: int) -> tuple[Hit, ...]:
        """The same for a text that is not stored; its words count as well as its meaning. Raises BadInput for one without words."""
        text = text_to_compare(text)
        served = self._live.served
        snapshot = served.opened.snapshot
        vectors = text_vectors(text, served.encoder)
        mean = mean_vector(vectors)
        nearest = snapshot.hybrid(text, mean, None, max(top_k, _COMPARED))
        near_duplicates = self._archive.resembling(text, nearest.article_id.tolist())
        lead = Lead(0, "", text[:_SAID_CHARACTERS], len(text))
        fused = minmax_fusion(nearest.similarity, nearest.bm25)
        return self._hits(snapshot, lead, vectors[0], mean, nearest, fused, np.isin(nearest.article_id, list(near_duplicates)), top_k)

    def _hits(
        self,
        snapshot: Snapshot,
        lead: Lead,
        vector: Floats,
        mean: Floats,
        nearest: Candidates,
        evidence: Floats,
        near_duplicates: Mask,
        top_k: int,
    ) -> tuple[Hit, ...]:
        """The nearest by their evidence, those on the lead's story first."""
        order = np.lexsort((nearest.article_id, -evidence))
        nearest, near_duplicates = rows(nearest, order), near_duplicates[order]
        leads = self._archive.leads(nearest.article_id.tolist())
        stored = np.array([id_ in leads for id_ in nearest.article_id.tolist()], np.bool_)  # others were deleted since
        nearest, near_duplicates = rows(nearest, np.flatnonzero(stored)), near_duplicates[stored]
        ids = nearest.article_id
        groups = np.concatenate([[-1], np.where(near_duplicates, -1, ids)])
        beginnings = np.vstack([vector[None], snapshot.lead_vectors(ids)])
        labels = story_of_each([lead, *(leads[id_] for id_ in ids.tolist())], beginnings, groups, snapshot.commonness)
        same_story = labels[1:] == labels[0]
        first = np.argsort(~same_story, kind="stable")
        nearest, near_duplicates, same_story = rows(nearest, first), near_duplicates[first], same_story[first]
        unknown = np.full(len(nearest.article_id), np.nan, np.float32)
        understood = Understanding(lead.text, passage_text(lead.title, lead.text))
        ranking = Ranking(snapshot, Query("similar", top_k=1), understood, mean, nearest, unknown, unknown)
        found = hits_between(ranking, 0, top_k, self._archive, Highlighter(Understanding("", "")))
        return tuple(
            replace(
                hit,
                bm25=None,
                relation=Relation.NEAR_DUPLICATE
                if near_duplicates[hit.rank - 1]
                else Relation.SAME_STORY
                if same_story[hit.rank - 1]
                else None,
            )
            for hit in found
        )
