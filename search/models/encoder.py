"""The bi-encoder: a text becomes a vector, and the nearer two vectors, the closer their meanings.

sentence-transformers loads the model and defines its tokenising, prompts and pooling; what is our own is which texts
go through it together, in which arithmetic, and a faster forward pass of BERT on a CPU (search/models/bert.py).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from search.errors import BadInput
from search.models.agreement import PASSAGES, QUERIES, Scores, agree
from search.models.batches import token_batches
from search.models.delta import load_with_delta, read_config
from search.models.device import DeviceName, Placement, Precision, placement
from search.models.loading import fingerprint, model_folder, quietly, readable
from search.protocols import TokenStates, Vectors
from search.settings import BASE_ENCODER

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

_TOKENS_PER_BATCH = 2048  # on a CPU; more leaves its caches
_TOKENS_PER_CUDA_BATCH = 32_768
_CHARACTERS_PER_TOKEN = 4  # of English news; only orders the texts by length
_TOLERANCE = 0.01  # of a cosine in lower precision; all-MiniLM-L6-v2 in bf16 stays below a third of it
_LONGEST = 8192  # tokens, of a model that states no limit


class SentenceEncoder:
    """A sentence-transformers model as `search.protocols.Encoder`; not for several threads at once."""

    def __init__(self, model: "SentenceTransformer", dtype: "torch.dtype", identity: str) -> None:
        self.fingerprint = identity
        self.precision = str(dtype).removeprefix("torch.")
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model.eval()
        self._max_tokens = min(model.max_seq_length or _LONGEST, _LONGEST)
        self._budget = _TOKENS_PER_CUDA_BATCH if model.device.type == "cuda" else _TOKENS_PER_BATCH

    @classmethod
    def load(cls, name: str = BASE_ENCODER, device: DeviceName = "auto", precision: Precision = "auto") -> Self:
        """The bundled model, or any sentence-transformers model by path or hub id, ready to encode.

        With precision "auto" a lower precision than fp32 is kept only where a few built-in texts rank the same in
        both. Raises BadInput when there is no such model or it cannot run as asked, and MissingDependency when the
        bundled one is not installed.
        """
        import torch

        folder = model_folder(name, organisation="sentence-transformers")
        place = placement(device, precision)
        exact = place._replace(dtype=torch.float32)
        if precision == "auto" and place != exact:
            similarities = cls(_open(name, folder, exact), exact.dtype, "")._probe()
            encoder = cls(_open(name, folder, place), place.dtype, fingerprint(folder))
            if agree(similarities, encoder._probe(), tolerance=_TOLERANCE):
                return encoder
            place = exact
        return cls(_open(name, folder, place), place.dtype, fingerprint(folder))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The queries' vectors: (n, dimension) float32, rows of length 1, with the model's prompt for queries."""
        return self._encode(texts, "query", ("query",))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The passages' vectors: (n, dimension) float32, rows of length 1, with the model's prompt for documents."""
        return self._encode(texts, "document", ("document", "passage", "corpus"))

    def encode_tokens(self, texts: Sequence[str]) -> list[TokenStates]:
        """Every token's last state, without any prompt; of a long text those within the model's limit.

        Raises BadInput for a model that is not a transformer with a fast tokenizer.
        """
        import torch

        tokenizer, network = self._model.tokenizer, getattr(self._model[0], "model", None)
        if network is None or not getattr(tokenizer, "is_fast", False):
            raise BadInput("This encoder has no vector for each token: take the kind passage or query, or another encoder.", field="kind")
        cut = [readable(text, self._max_tokens) for text in texts]
        encoded = [tokenizer(text, truncation=True, max_length=self._max_tokens, return_offsets_mapping=True) for text in cut]
        spans = [[(int(start), int(end)) for start, end in one.pop("offset_mapping")] for one in encoded]
        found: list[TokenStates | None] = [None] * len(cut)
        with torch.inference_mode():
            for batch in token_batches([len(row) for row in spans], self._budget):
                features = tokenizer.pad([encoded[position] for position in batch], return_tensors="pt", padding_side="right")
                states = network(**features.to(self._model.device))["last_hidden_state"].float().cpu().numpy()  # (texts, longest, width)
                for position, rows in zip(batch, states, strict=True):
                    tokens = tokenizer.convert_ids_to_tokens(encoded[position]["input_ids"])
                    found[position] = TokenStates(tokens, spans[position], rows[: len(tokens)])
        return [one for one in found if one is not None]

    def _encode(self, texts: Sequence[str], task: Literal["query", "document"], prompt_names: Sequence[str]) -> Vectors:
        import torch

        model = self._model
        # As SentenceTransformer.encode_query and encode_document choose it.
        prompt = next((model.prompts[name] for name in (*prompt_names, model.default_prompt_name) if name in model.prompts), None)
        cut = [readable(text, self._max_tokens) for text in texts]
        lengths = [min(len(text) // _CHARACTERS_PER_TOKEN + 2, self._max_tokens) for text in cut]
        vectors = np.empty((len(cut), self.dimension), dtype=np.float32)
        with torch.inference_mode():
            for batch in token_batches(lengths, self._budget):
                features = model.preprocess([cut[position] for position in batch], prompt=prompt, task=task)
                on_device = {key: value.to(model.device) if isinstance(value, torch.Tensor) else value for key, value in features.items()}
                embedded = model.forward(on_device, task=task)["sentence_embedding"].float()  # (len(batch), dimension)
                vectors[batch] = torch.nn.functional.normalize(embedded, dim=1).cpu().numpy()
        return vectors

    def _probe(self) -> Scores:
        """Similarities of the built-in queries and passages."""
        similarities: Scores = self.encode_queries(QUERIES) @ self.encode_passages(PASSAGES).T
        return similarities


def _open(name: str, folder: Path, place: Placement) -> "SentenceTransformer":
    """The model as asked; on a CPU its BERT, if that is what it is, replaced by the faster one (pooling stays in fp32).

    A folder with a delta (search/models/delta.py) is its base with other weights: tokenizer and pooling are the base's.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from transformers import AutoModel

    from search.models.bert import PackedBert

    tuned = folder if (folder / "delta.safetensors").is_file() else None
    if tuned:
        folder = model_folder(read_config(tuned)["base"], organisation="sentence-transformers")
    options = {"use_safetensors": True, "dtype": torch.float32}
    try:
        with quietly():
            model = SentenceTransformer(str(folder), device=str(place.device), local_files_only=True, model_kwargs=options)
    except Exception as error:  # whatever a foreign model's files provoke
        raise BadInput(f"The model '{name}' could not be loaded as an encoder: {error}") from error
    if tuned:
        bert: Any = load_with_delta(AutoModel, folder, tuned)
        model[0].model = bert.to(place.device)
    if place.device.type == "cpu" and isinstance(model[0], Transformer) and PackedBert.fits(model[0].model):
        model[0].model = PackedBert(model[0].model, place.dtype)
        return model
    return model.to(place.dtype)
