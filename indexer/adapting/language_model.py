"""Goes on with BERT's first training, guessing masked words, on the texts of an archive (Devlin et al. 2019).

A bi-encoder has lost the head that guesses words, so a fresh one is put on it, tied to the word embeddings. The head is
trained alone first: its first gradients are noise, and would spoil the encoder beneath. Whole words are masked.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from torch.nn import functional
from transformers import (
    BertForMaskedLM,
    DataCollatorForLanguageModeling,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from indexer.adapting.pace import Pace, Told
from indexer.training.checkpoint import Checkpoint
from indexer.training.trainer_state import last_whole, saving
from search.errors import BadInput
from search.models.loading import quietly, readable

MAX_TOKENS = 128
_IGNORED = -100  # the label of a position that was not masked


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome beside the texts and the model."""

    steps: int = 1
    seed: int = 17
    texts_per_step: int = 16
    max_tokens: int = MAX_TOKENS
    masked: float = 0.15
    """Share of the words that are masked."""
    head_share: float = 0.3
    """Share of the steps in which only the fresh head is trained."""
    head_learning_rate: float = 1e-3
    learning_rate: float = 5e-5
    warm_up: float = 0.1


def with_head(encoder: SentenceTransformer, seed: int) -> BertForMaskedLM:
    """A language model that shares its BERT with the bi-encoder: training one trains the other.

    Raises BadInput when the bi-encoder is not a BERT.
    """
    bert: Any = encoder[0].model
    if bert.config.model_type != "bert":
        raise BadInput(f"The encoder is a '{bert.config.model_type}', not a BERT: adapt it with --no-language-model.")
    torch.manual_seed(seed)
    model = BertForMaskedLM(bert.config)
    model.bert = bert
    model.tie_weights()
    for parameter in model.get_input_embeddings().parameters():
        parameter.requires_grad = False  # the head is tied to them, and most words of the vocabulary are not in a small archive
    return model


@dataclass(frozen=True)
class Training:
    """The two stages, head and everything, in this order. Run again with the same arguments, each goes on from ``work``."""

    model: BertForMaskedLM
    tokenizer: PreTrainedTokenizerBase
    texts: Sequence[str]
    recipe: Recipe
    work: Path

    def head(self, step: Callable[[int, int], None]) -> None:
        """Trains the fresh head; the BERT beneath it stays as it is."""
        body = [parameter for parameter in self.model.bert.parameters() if parameter.requires_grad]
        for parameter in body:
            parameter.requires_grad = False
        self._run("head", self._head_steps, self.recipe.head_learning_rate, lambda done, _: step(done, self.recipe.steps))
        for parameter in body:
            parameter.requires_grad = True

    def everything(self, step: Callable[[int, int], None]) -> None:
        """Trains all but the word embeddings."""
        before = self._head_steps
        rest = max(1, self.recipe.steps - before)
        self._run("all", rest, self.recipe.learning_rate, lambda done, _: step(before + done, self.recipe.steps))

    @property
    def _head_steps(self) -> int:
        return max(1, round(self.recipe.head_share * self.recipe.steps))

    def _run(self, stage: str, steps: int, learning_rate: float, step: Callable[[int, int], None]) -> None:
        _run(self.model, self.tokenizer, self.texts, self.recipe, steps, learning_rate, self.work / stage, step)
        self.model.train(False)


def seconds_per_step(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], recipe: Recipe) -> float:
    """How long a step of training all takes here; the model is then as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    pace = Pace()
    with TemporaryDirectory() as folder:
        _run(model, tokenizer, texts, recipe, 4, recipe.learning_rate, Path(folder), lambda *_: pace.note())
    model.load_state_dict(before)
    return pace.seconds_per_step


def pseudo_perplexity(
    model: BertForMaskedLM, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], tokens: int, *, words: int = 8, seed: int = 17
) -> float:
    """How many words the model hesitates between for a masked one: exp of the mean loss, masking one token at a time (Salazar et al. 2020).

    Of each text ``words`` tokens are asked for, the same ones for the same seed.
    """
    model.train(False)
    rng = np.random.default_rng(seed)
    losses: list[float] = []
    for text in texts:
        ids = torch.tensor(tokenizer(readable(text, tokens), truncation=True, max_length=tokens)["input_ids"])
        places = torch.from_numpy(rng.permutation(np.arange(1, len(ids) - 1))[:words])
        if not len(places):
            continue
        asked = ids.repeat(len(places), 1)  # (words, tokens)
        asked[torch.arange(len(places)), places] = tokenizer.mask_token_id
        with torch.inference_mode():
            states = model.bert(input_ids=asked.to(model.device)).last_hidden_state
            logits = model.cls(states[torch.arange(len(places)), places]).float()  # (words, vocabulary)
            losses += functional.cross_entropy(logits, ids[places].to(model.device), reduction="none").tolist()
    return math.exp(sum(losses) / len(losses)) if losses else math.nan


class _MaskedWordTrainer(Trainer):
    """Asks the head for the masked positions only: over all of them, the vocabulary costs more than the rest of the model."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor | Any],
        return_outputs: bool = False,  # noqa: ARG002
        num_items_in_batch: torch.Tensor | int | None = None,  # noqa: ARG002
    ) -> Any:
        labels = inputs.pop("labels")
        masked = labels != _IGNORED
        logits = model.cls(model.bert(**inputs).last_hidden_state[masked])  # (masked, vocabulary)
        return functional.cross_entropy(logits.float(), labels[masked])


def _run(
    model: BertForMaskedLM,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    recipe: Recipe,
    steps: int,
    learning_rate: float,
    work: Path,
    step: Callable[[int, int], None],
) -> None:
    arguments = TrainingArguments(
        output_dir=str(work),
        per_device_train_batch_size=recipe.texts_per_step,
        max_steps=steps,
        learning_rate=learning_rate,
        warmup_steps=max(1, round(recipe.warm_up * steps)),
        seed=recipe.seed,
        save_strategy="steps",
        save_steps=100,
        save_total_limit=1,
        logging_steps=10,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        use_cpu=model.device.type == "cpu",
        dataloader_pin_memory=False,
        label_names=["labels"],
    )
    trainer = _MaskedWordTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_dict({"row": list(range(len(texts)))}),
        data_collator=_Collator(tokenizer, texts, recipe),
        callbacks=[Told(step)],
    )
    trainer.remove_callback(PrinterCallback)
    with quietly(), saving(work):
        trainer.train(resume_from_checkpoint=last_whole(Checkpoint(work, run=str(recipe))))


class _Collator:
    """Token ids of the rows of a batch, with whole words masked: which ones depends on the seed and the rows only."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], recipe: Recipe) -> None:
        self._tokenizer, self._texts, self._recipe = tokenizer, texts, recipe

    def __call__(self, features: Sequence[dict[str, int]]) -> dict[str, Any]:
        rows = [feature["row"] for feature in features]
        encoded = self._tokenizer(
            [readable(self._texts[row], self._recipe.max_tokens) for row in rows],
            truncation=True,
            max_length=self._recipe.max_tokens,
            padding="max_length",  # the masking of whole words needs offsets of one length; nearly all passages are longer anyway
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        seed = int(np.random.default_rng([self._recipe.seed, *rows]).integers(2**31))
        mask: Callable[[Any], dict[str, Any]] = DataCollatorForLanguageModeling(
            self._tokenizer,
            mlm_probability=self._recipe.masked,
            whole_word_mask=True,
            mask_replace_prob=1.0,
            random_replace_prob=0.0,
            seed=seed,
        )
        return mask([{name: encoded[name][place] for name in encoded} for place in range(len(rows))])
