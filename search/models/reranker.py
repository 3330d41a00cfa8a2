"""The cross-encoder: reads a query and a passage together and says how relevant the passage is.

The bundled one is a BERT with a text-pair head, stored as its difference to the bundled encoder; any other model with
such a head works by path or hub id. On a CPU the model runs packed (search/models/bert.py) and computes in its last
layer only the [CLS] state that its head reads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from search.errors import BadInput
from search.models.agreement import PASSAGES, QUERIES, Scores, agree
from search.models.batches import token_batches
from search.models.delta import load_with_delta, read_config
from search.models.device import DeviceName, Placement, Precision, placement
from search.models.loading import fingerprint, model_folder, quietly, readable
from search.protocols import Floats
from search.settings import BASE_ENCODER, DEFAULT_RERANKER

if TYPE_CHECKING:
    from torch import Tensor

BUNDLED = Path(__file__).parent / "weights" / "reranker"

_MAX_QUERY_TOKENS = 64  # or half of what the model reads, if that is less
_MAX_TOKENS = 512  # of a pair, where a model allows more
_TOKENS_PER_BATCH = 2048
_TOLERANCE = 0.03  # of a relevance in lower precision


class CrossEncoderReranker:
    """A text-pair model with one output as `search.protocols.Reranker`; not for several threads at once."""

    def __init__(self, model: "_PairModel", place: Placement) -> None:
        self.fingerprint = model.fingerprint
        self.max_tokens = model.max_tokens  # of a pair
        self.precision = str(place.dtype).removeprefix("torch.")
        self._model = model
        self._place = place
        self._logits = _logits(model.network, place)

    @classmethod
    def load(cls, name: str = DEFAULT_RERANKER, device: DeviceName = "auto", precision: Precision = "auto") -> Self:
        """The bundled cross-encoder, or any by path or hub id, ready to rerank.

        With precision "auto" a lower precision than fp32 is kept only where a few built-in pairs rank the same in both.
        Raises BadInput when there is no such model, when it has not exactly one output, or cannot run as asked.
        """
        import torch

        place = placement(device, precision)
        model = _open(name)
        if precision == "auto" and place.dtype is not torch.float32:
            exact = cls(model, place._replace(dtype=torch.float32))._probe()
            reranker = cls(model, place)
            if agree(exact, reranker._probe(), tolerance=_TOLERANCE):
                return reranker
            model, place = _open(name), place._replace(dtype=torch.float32)
        return cls(model, place)

    def relevance(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """The probability that each (query, passage) is a relevant one: (n,) float32 in 0..1.

        What does not fit the model is cut: the query to 64 tokens first, then the end of the passage.
        """
        import torch

        if not pairs:
            return np.empty(0, dtype=np.float32)
        model = self._model
        tokens = self._tokenize(pairs)
        logits = torch.empty(len(pairs))
        with torch.inference_mode():
            for batch in token_batches([len(ids) for ids in tokens["input_ids"]], _TOKENS_PER_BATCH):
                features = {name: _padded([rows[position] for position in batch], model.padding(name)) for name, rows in tokens.items()}
                on_device = {name: rows.to(self._place.device) for name, rows in features.items()}
                logits[torch.from_numpy(batch)] = self._logits(on_device).float().cpu()
            relevance: Floats = torch.sigmoid(model.slope * logits + model.intercept).numpy()
        return relevance

    def _tokenize(self, pairs: Sequence[tuple[str, str]]) -> dict[str, list[list[int]]]:
        """Token ids and so on of each pair, unpadded. A query is cut first: alone too long, it would make truncation fail."""
        model = self._model
        queries = {query: self._shortened(query) for query, _ in pairs}
        encoded = model.tokenizer(
            [queries[query] for query, _ in pairs],
            [readable(passage, model.max_tokens) for _, passage in pairs],
            truncation="only_second",
            max_length=model.max_tokens,
        )
        return {name: encoded[name] for name in encoded}

    def _shortened(self, query: str) -> str:
        limit = min(_MAX_QUERY_TOKENS, self._model.max_tokens // 2)
        query = readable(query, limit)
        spans = self._model.tokenizer(query, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        return query[: spans[limit - 1][1]] if len(spans) > limit else query

    def _probe(self) -> Scores:
        """Relevance of the built-in passages for two of the built-in queries."""
        return self.relevance([(query, passage) for query in QUERIES[:2] for passage in PASSAGES]).reshape(2, -1)


@dataclass(frozen=True)
class _PairModel:
    """A network with its tokenizer; ``slope * logit + intercept`` is the logarithm of the odds of relevance."""

    network: Any  # a transformers model for sequence classification, fp32 when opened
    tokenizer: Any
    max_tokens: int
    fingerprint: str
    slope: float = 1.0
    intercept: float = 0.0

    def padding(self, name: str) -> int:
        return int(self.tokenizer.pad_token_id) if name == "input_ids" else 0


def _open(name: str) -> _PairModel:
    folder = BUNDLED if name == DEFAULT_RERANKER else Path(name)
    return _open_delta(folder) if folder == BUNDLED or (folder / "delta.safetensors").is_file() else _open_whole(name)


def _open_delta(folder: Path) -> _PairModel:
    """A model stored as the difference to its base: the bundled one, or another by search/models/delta.py."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    config = read_config(folder)
    base = model_folder(config.get("base", BASE_ENCODER), organisation="sentence-transformers")
    calibration = config.get("calibration", {})
    with quietly():
        return _PairModel(
            network=load_with_delta(AutoModelForSequenceClassification, base, folder),
            tokenizer=AutoTokenizer.from_pretrained(base, local_files_only=True),
            max_tokens=int(config.get("max_length", _MAX_TOKENS)),
            fingerprint=fingerprint(folder),
            slope=float(calibration.get("a", 1.0)),
            intercept=float(calibration.get("b", 0.0)),
        )


def _open_whole(name: str) -> _PairModel:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = model_folder(name, organisation="cross-encoder")
    try:
        with quietly():
            network, report = AutoModelForSequenceClassification.from_pretrained(
                folder, dtype=torch.float32, use_safetensors=True, local_files_only=True, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # whatever a foreign model's files provoke
        raise BadInput(f"The model '{name}' could not be loaded as a reranker: {error}") from error
    if report["missing_keys"]:
        raise BadInput(f"The model '{name}' has no trained text-pair head: choose a cross-encoder, not a bi-encoder or a base model.")
    if network.config.num_labels != 1:
        raise BadInput(f"The model '{name}' has {network.config.num_labels} outputs: choose a cross-encoder with one, the relevance.")
    places = getattr(network.config, "max_position_embeddings", _MAX_TOKENS)
    ours = getattr(network.config, "broadsheet", {})  # what `broadsheet train cross-encoder` found out about its model
    calibration = ours.get("calibration", {})
    return _PairModel(
        network=network.eval(),
        tokenizer=tokenizer,
        max_tokens=min(tokenizer.model_max_length, places, ours.get("max_length", _MAX_TOKENS)),
        fingerprint=fingerprint(folder),
        slope=float(calibration.get("a", 1.0)),
        intercept=float(calibration.get("b", 0.0)),
    )


def _logits(network: Any, place: Placement) -> "Callable[[dict[str, Tensor]], Tensor]":
    """The function from padded features to logits (n,); for a BERT on a CPU, only its pooler and head stay in fp32."""
    from transformers import BertForSequenceClassification

    from search.models.bert import PackedBert

    if place.device.type == "cpu" and type(network) is BertForSequenceClassification and PackedBert.fits(network.bert):
        bert = PackedBert(network.bert, place.dtype)
        pooler: Any = network.bert.pooler
        classifier: Any = network.classifier
        return lambda features: classifier(pooler(bert.first_states(**features)[:, None]))[:, 0]
    network.to(device=place.device, dtype=place.dtype)
    return lambda features: network(**features).logits[:, 0]


def _padded(rows: list[list[int]], padding: int) -> "Tensor":
    """Rows of unequal length as one array (rows, longest)."""
    import torch

    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=padding)
