"""Answers of the heads as the reference shows them."""

from collections.abc import Mapping
from typing import Any

LABELS: Mapping[str, Any] = {"results": [{"label": "positive", "probabilities": {"negative": 0.02, "positive": 0.98}}]}

PAIRS: Mapping[str, Any] = {
    "results": [{"label": "entailment", "probabilities": {"entailment": 0.91, "neutral": 0.07, "contradiction": 0.02}}],
}

TAGGED: Mapping[str, Any] = {
    "results": [
        {
            "tokens": [
                {"text": "Ines", "start": 0, "end": 4, "tag": "B-PER"},
                {"text": "Okafor", "start": 5, "end": 11, "tag": "I-PER"},
                {"text": "left", "start": 12, "end": 16, "tag": "O"},
                {"text": "Lagos", "start": 17, "end": 22, "tag": "B-LOC"},
            ],
            "entities": [
                {"text": "Ines Okafor", "type": "PER", "start": 0, "end": 11, "probability": 0.98},
                {"text": "Lagos", "type": "LOC", "start": 17, "end": 22, "probability": 0.97},
            ],
        }
    ]
}

ANSWER: Mapping[str, Any] = {"answer": "The manager of the largest plant", "start": 0, "end": 32, "probability": 0.8}

FILLINGS: Mapping[str, Any] = {
    "results": [
        [{"token": "prices", "probability": 0.74}, {"token": "shares", "probability": 0.08}, {"token": "stocks", "probability": 0.05}],
    ]
}

CHOICE: Mapping[str, Any] = {"choice": 0, "probabilities": [0.93, 0.07]}

VECTORS: Mapping[str, Any] = {"results": [[0.0312, -0.0458, 0.0107]]}

HEADS: Mapping[str, Any] = {
    "heads": [
        {
            "task": "sentiment",
            "kind": "classification",
            "reads": "text",
            "labels": ["negative", "positive"],
            "lowest": None,
            "highest": None,
            "endpoint": "/classify",
            "description": "Whether a sentence speaks well or ill of its subject.",
            "trained_on": "6,916 sentences of the Stanford Sentiment Treebank (film reviews)",
            "figures": {"sst2: accuracy": 0.8807},
            "published": {"BERT-base": "accuracy 0.932 (GLUE SST-2, 67,000 phrases)"},
            "max_tokens": 128,
            "model_card": "# sentiment\n\nWhether a sentence speaks well or ill of its subject. …",
            "fingerprint": "sentiment:0123456789abcdef",
        }
    ]
}
