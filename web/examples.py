"""Answers as the reference shows them."""

from collections.abc import Mapping
from typing import Any

SEARCH: Mapping[str, Any] = {
    "query": "oil industry during the outbreak -shale",
    "understood": {
        "words": "oil industry during the outbreak",
        "pieces": [
            {"kind": "words", "text": "oil industry during the outbreak", "excluded": False, "start": 0, "end": 32},
            {"kind": "contains", "text": "shale", "excluded": True, "start": 33, "end": 39},
        ],
        "notes": [],
    },
    "suggestion": None,
    "total": 23,
    "total_is_exact": True,
    "rows": 23,
    "offset": 0,
    "snapshot": "20260102T030405Z",
    "seconds": {"encode": 0.005, "retrieve": 0.004, "rerank": 0.12, "count": 0.01, "fetch": 0.001, "total": 0.14},
    "hits": [
        {
            "rank": 1,
            "id": 17,
            "key": "gazette-2020-04-21-03",
            "title": "Refiners cut output as demand collapses",
            "url": "https://gazette.example/2020/04/21/refiners",
            "source": "The Harbour Gazette",
            "published_at": "2020-04-21T00:00:00Z",
            "topic": "Business",
            "topics": ["Business", "Energy"],
            "topic_predicted": False,
            "author": "Ines Okafor",
            "language": "en",
            "snippet": {"text": "Refiners along the coast cut output by a third as the oil market …", "highlights": [[54, 57]]},
            "passage": [0, 842],
            "similarity": 0.71,
            "bm25": 12.3,
            "fused": 0.83,
            "relevance": 0.93,
            "story": None,
            "relation": None,
            "annotations": {"topic": None, "sentiment": {"label": "negative", "probability": 0.91}, "labels": {}},
        }
    ],
    "facets": [
        {
            "field": "source",
            "task": None,
            "names": 2,
            "unnamed": 0,
            "values": [
                {"name": "The Harbour Gazette", "count": 15, "included": False, "excluded": False},
                {"name": "Northern Courier", "count": 8, "included": False, "excluded": False},
            ],
        }
    ],
    "timeline": {
        "interval": "month",
        "undated": 1,
        "bars": [{"first": "2020-04-01", "last": "2020-04-30", "count": 12, "articles": 240, "share": 0.05}],
    },
}

TIMELINE: Mapping[str, Any] = {
    "query": "oil industry during the outbreak",
    "total": 23,
    "snapshot": "20260102T030405Z",
    "timeline": SEARCH["timeline"],
}

SIMILAR: Mapping[str, Any] = {
    "id": 12,
    "hits": [{**SEARCH["hits"][0], "bm25": None, "fused": None, "relevance": None, "relation": "same story"}],
}

COMPARISON: Mapping[str, Any] = {
    "interval": "month",
    "snapshot": "20260102T030405Z",
    "queries": [
        {"query": "interest rates", "total": 23, "timeline": SEARCH["timeline"]},
        {"query": "trade deficit", "total": 12, "timeline": SEARCH["timeline"]},
    ],
}

WORDS: Mapping[str, Any] = {
    "query": "oil industry during the outbreak",
    "total": 23,
    "snapshot": "20260102T030405Z",
    "read": 23,
    "words": [{"word": "tankers", "count": 9, "articles": 14, "keyness": 41.6}],
    "facets": SEARCH["facets"],
}

ARTICLE: Mapping[str, Any] = {
    "id": 17,
    "key": "gazette-2020-04-21-03",
    "title": "Refiners cut output as demand collapses",
    "text": "Refiners along the coast cut output by a third …",
    "url": "https://gazette.example/2020/04/21/refiners",
    "source": "The Harbour Gazette",
    "author": "Ines Okafor",
    "language": "en",
    "published_at": "2020-04-21T00:00:00Z",
    "published_precision": "day",
    "topic": "Business",
    "topics": ["Business", "Energy"],
    "topic_predicted": False,
    "annotations": {
        "topic": None,
        "sentiment": {"label": "negative", "probability": 0.91, "fingerprint": "tone:0a1b2c3d4e5f6071"},
        "entities": {
            "fingerprint": "ner:1f2e3d4c5b6a7980",
            "names": [{"name": "Ines Okafor", "type": "person", "count": 2, "probability": 0.98, "mentions": [[120, 131], [402, 408]]}],
        },
        "labels": {"section": {"label": "Companies", "probability": 0.88, "fingerprint": "section:9c8d7e6f5a4b3c2d"}},
    },
    "extra": {"edition": "late"},
    "indexed_at": "2026-01-02T03:04:05Z",
}

FEEDBACK: Mapping[str, Any] = {"showing": "9hVn4c0T2x…"}

ERROR: Mapping[str, Any] = {"error": "top_k is 0: it must be at least 1.", "field": "top_k"}
