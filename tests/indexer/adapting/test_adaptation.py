"""An archive without labels adapts tiny models to itself: what is better is kept, whatever interrupts it, and nothing else changes."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ir_measures import Qrel
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import AutoModelForMaskedLM, BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

from indexer.adapting import language_model
from indexer.adapting.adaptation import Start, adapt
from indexer.adapting.corpus import Extent
from indexer.adapting.outcome import Report
from indexer.adapting.plan import Plan
from indexer.adapting.run import discard
from indexer.indexing import Cutting, Indexer
from indexer.judgements import Judged
from indexer.readers.record import Place, Record
from indexer.training import bi_encoder, cross_encoder
from indexer.training.mining import MiningRule
from indexer.training.objective import Objective
from search.errors import BadInput, BroadsheetError, WriterBusy
from search.models.encoder import SentenceEncoder
from search.models.reranker import CrossEncoderReranker
from search.store import Archive, Identity, open_archive
from tests.archives import NOW

SUBJECTS = ("oil", "bank", "team", "vote", "storm", "coast", "rates", "final")
SUBJECTS += ("police", "hospital", "school", "farm", "train", "court", "music", "water")
# What headlines call the same.
OTHERS = ("crude", "lender", "club", "ballot", "gale", "shore", "interest", "match")
OTHERS += ("force", "clinic", "college", "field", "rail", "judge", "song", "river")
FILLERS = ("the", "a", "price", "falls", "wins", "hits", "of", "in", "and", "to", "on", "with", "by", "from", "at", "for", "as", "was")
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *SUBJECTS, *OTHERS, *FILLERS]

CUTTING = Cutting(words=60, step=40)
PLAN = Plan(
    steps=60,
    mining=MiningRule(twin_similarity=2.0, sibling_similarity=2.0),  # random weights find all articles alike
    extent=Extent(held_out=42, calibration=10, pool=150, share=0.3),
    masking=language_model.Recipe(learning_rate=3e-3),
    encoder=bi_encoder.Recipe(objective=Objective(in_batch=1.0, corpus=1.0), max_tokens=48, max_query_tokens=12, learning_rate=1e-2),
    reranker=cross_encoder.Recipe(groups_per_step=4, max_query_tokens=12, max_tokens=48, frozen_layers=0, learning_rate=3e-3),
)
ENCODER_ALONE = replace(PLAN, with_language_model=False, with_cross_encoder=False)


class Tiny:
    """Loads what the tests have made or trained."""

    def encoder(self, name: str) -> SentenceEncoder:
        return SentenceEncoder.load(name, device="cpu", precision="fp32")

    def reranker(self, name: str) -> CrossEncoderReranker:
        return CrossEncoderReranker.load(name, device="cpu", precision="fp32")


class Heard:
    """Remembers the stages, and can interrupt one."""

    def __init__(self, interrupt: str | None = None) -> None:
        self.stages: list[str] = []
        self._interrupt = interrupt

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def advance(self, done: int, total: int) -> None:
        if self.stages[-1] == self._interrupt and done == total - 2:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bi-encoder and a tiny cross-encoder with random weights."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64}
    config = BertConfig(vocab_size=len(VOCABULARY), initializer_range=0.15, num_labels=1, **sizes)
    tokenizer = BertTokenizer(vocab={word: row for row, word in enumerate(VOCABULARY)}, model_max_length=64)
    for name, model in (("bert", BertModel(config)), ("reranker", BertForSequenceClassification(config))):
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    modules = [Transformer(str(folder / "bert")), Pooling(32), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder / "encoder"))
    return folder


def _articles() -> list[Record]:
    """Articles about two subjects each, whose headlines call these by other names: only training can tell."""
    rng = np.random.default_rng(0)
    records = []
    for first in range(len(SUBJECTS)):
        for second in range(len(SUBJECTS)):
            if first != second:
                filler = [str(word) for word in rng.choice(FILLERS, 24)]
                title = f"{OTHERS[first]} {filler[0]} {OTHERS[second]} {filler[1]}"
                text = " ".join([*filler[2:8], *[SUBJECTS[first]] * 4, *filler[8:16], *[SUBJECTS[second]] * 4, *filler[16:]])
                records.append(Record(Place("test", len(records) + 1), {"id": str(len(records)), "title": title, "text": text}))
    return records


@pytest.fixture(scope="module")
def archive(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(f"sqlite:///{tmp_path_factory.mktemp('archive') / 'a.db'}") as archive:
        _index(archive, models, _articles())
        yield archive


def _index(archive: Archive, models: Path, records: list[Record]) -> None:
    encoder = Tiny().encoder(str(models / "encoder"))
    archive.claim(Identity(encoder.fingerprint, encoder.dimension, CUTTING.words, CUTTING.step, "tiny"))
    for _ in Indexer(archive, encoder, CUTTING, print).run(records, NOW):
        pass


def _adapt(archive: Archive, models: Path, out: Path, plan: Plan, heard: Heard | None = None, judged: Judged | None = None) -> Report:
    identity = archive.identity()
    assert identity is not None
    out.mkdir(exist_ok=True)
    start = Start(archive, identity, str(models / "encoder"), str(models / "reranker"), judged)
    return adapt(start, plan, out, Tiny(), heard or Heard())


@pytest.fixture(scope="module")
def adapted(archive: Archive, models: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    out = tmp_path_factory.mktemp("adapted")
    judged = Judged({"q1": "crude the lender price", "q2": "gale of shore wins"}, (Qrel("q1", "0", 2), Qrel("q2", "48", 1)))
    return out, _adapt(archive, models, out, PLAN, judged=judged)


def test_better_models_are_kept_with_the_table_that_shows_it(adapted: tuple[Path, Report]) -> None:
    out, report = adapted
    assert report.encoder is not None
    assert report.encoder.parent == out
    found = {(row.queries, row.system): row.comparison for row in report.table}
    dense = found["held-out headlines", "dense"]
    assert dense.queries == 42
    assert dense.difference > 0.2
    assert dense.p_randomisation < 0.05
    assert found["held-out headlines", "bm25"].difference == 0
    assert ("judged queries", "rerank, new cross-encoder") in found
    card = (report.encoder / "README.md").read_text()
    assert f"{dense.means[0]:.4f} | {dense.means[1]:.4f}" in card
    written = json.loads((out / "report.json").read_text())
    assert written["encoder"] == str(report.encoder)
    assert written["stages"]["bi-encoder"]["steps"] == 60
    assert written["code"]["version"]
    assert not (out / ".adapting").exists()


def test_what_is_kept_searches_as_any_model_does(adapted: tuple[Path, Report]) -> None:
    _, report = adapted
    encoder = Tiny().encoder(str(report.encoder))
    queries, passages = (
        encoder.encode_queries(["crude wins lender falls"]),
        encoder.encode_passages(["oil oil bank bank", "vote vote farm farm"]),
    )
    assert np.argmax(queries @ passages.T) == 0
    if report.reranker is not None:
        assert Tiny().reranker(str(report.reranker)).relevance([("crude", "oil")]).shape == (1,)


def test_the_language_model_guesses_held_out_words_better_than_with_its_head_alone(adapted: tuple[Path, Report]) -> None:
    _, report = adapted
    assert report.perplexity["with all of it trained"] < 0.9 * report.perplexity["with only its head trained"]
    assert report.language_model is not None
    model = AutoModelForMaskedLM.from_pretrained(report.language_model)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


def test_a_language_model_that_learns_nothing_more_than_its_head_shows_it(archive: Archive, models: Path, tmp_path: Path) -> None:
    plan = replace(PLAN, steps=4, with_cross_encoder=False, masking=language_model.Recipe(learning_rate=0.0))
    perplexity = _adapt(archive, models, tmp_path / "out", plan).perplexity
    assert perplexity["with all of it trained"] == pytest.approx(perplexity["with only its head trained"])


def test_what_is_not_better_changes_nothing(archive: Archive, models: Path, tmp_path: Path) -> None:
    plan = replace(ENCODER_ALONE, steps=1, encoder=replace(PLAN.encoder, learning_rate=0.0))
    report = _adapt(archive, models, tmp_path / "out", plan)
    assert (report.encoder, report.reranker, report.language_model) == (None, None, None)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.json"]


def test_an_interrupted_adaptation_goes_on_where_it_was(archive: Archive, models: Path, tmp_path: Path) -> None:
    plan = replace(PLAN, steps=12, with_cross_encoder=False)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        _adapt(archive, models, out, plan, Heard("Training the bi-encoder"))
    assert [path.name for path in out.iterdir()] == [".adapting"]
    heard = Heard()
    report = _adapt(archive, models, out, plan, heard)
    assert not any(stage.startswith("Timing") for stage in heard.stages)
    assert report.stages["language model"].steps == report.stages["bi-encoder"].steps == 12
    assert report.perplexity


def test_another_run_is_refused_until_the_first_one_is_discarded(archive: Archive, models: Path, tmp_path: Path) -> None:
    plan, out = replace(ENCODER_ALONE, steps=4), tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        _adapt(archive, models, out, plan, Heard("Training the bi-encoder"))
    kept = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(BadInput, match=r"\.adapting belongs to another run, with other minutes and seed: .* --restart"):
        _adapt(archive, models, out, replace(plan, seed=3, minutes=7))
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == kept
    discard(out)
    assert not list(out.iterdir())
    heard = Heard()
    _adapt(archive, models, out, replace(plan, seed=3), heard)
    assert "Timing the bi-encoder" in heard.stages


def test_a_model_that_changed_in_its_place_is_another_run(archive: Archive, models: Path, tmp_path: Path) -> None:
    plan, own = replace(ENCODER_ALONE, steps=4), shutil.copytree(models, tmp_path / "models")
    with pytest.raises(KeyboardInterrupt):
        _adapt(archive, own, tmp_path / "out", plan, Heard("Training the bi-encoder"))
    _change(own / "reranker")
    with pytest.raises(BadInput, match=r"\.adapting belongs to another run, with other cross-encoder: .* --restart"):
        _adapt(archive, own, tmp_path / "out", plan)


def _change(folder: Path) -> None:
    """Writes other weights where a model is."""
    weights = load_file(folder / "model.safetensors")
    save_file({name: tensor + 0.01 for name, tensor in weights.items()}, folder / "model.safetensors", {"format": "pt"})


def test_a_run_that_is_going_on_is_left_alone(archive: Archive, models: Path, tmp_path: Path) -> None:
    plan, out = replace(ENCODER_ALONE, steps=1), tmp_path / "out"

    class Second(Heard):
        """Starts the same run, and tries to discard it, while it is going on."""

        def stage(self, name: str) -> None:
            super().stage(name)
            if name == "Training the bi-encoder":
                with pytest.raises(
                    WriterBusy, match=f"Process {os.getpid()} is adapting models into .*: wait .* or stop it, then try again"
                ):
                    _adapt(archive, models, out, plan)
                with pytest.raises(WriterBusy):
                    discard(out)

    assert _adapt(archive, models, out, plan, Second()).stages["bi-encoder"].steps == 1


def test_an_adaptation_goes_on_with_its_own_articles_while_others_arrive(models: Path, tmp_path: Path) -> None:
    plan = replace(ENCODER_ALONE, steps=4, extent=replace(PLAN.extent, articles=200))
    articles = _articles()
    with open_archive(f"sqlite:///{tmp_path / 'a.db'}") as archive:
        _index(archive, models, articles[:-10])
        with pytest.raises(KeyboardInterrupt):
            _adapt(archive, models, tmp_path / "out", plan, Heard("Training the bi-encoder"))
        _index(archive, models, articles[-10:])
        heard = Heard()
        assert _adapt(archive, models, tmp_path / "out", plan, heard).articles == 200
        assert "Timing the bi-encoder" not in heard.stages


def test_articles_that_changed_since_a_run_began_end_it(models: Path, tmp_path: Path) -> None:
    plan = replace(ENCODER_ALONE, steps=4)
    articles = _articles()
    with open_archive(f"sqlite:///{tmp_path / 'a.db'}") as archive:
        _index(archive, models, articles)
        with pytest.raises(KeyboardInterrupt):
            _adapt(archive, models, tmp_path / "out", plan, Heard("Training the bi-encoder"))
        articles[3].fields["text"] += " with water"
        _index(archive, models, articles[3:4])
        with pytest.raises(BadInput, match=r"were changed or removed since: give --restart"):
            _adapt(archive, models, tmp_path / "out", plan)


def test_damaged_state_is_named(archive: Archive, models: Path, tmp_path: Path) -> None:
    plan = replace(PLAN, steps=4, with_cross_encoder=False)
    with pytest.raises(KeyboardInterrupt):
        _adapt(archive, models, tmp_path / "out", plan, Heard("Training the bi-encoder"))
    (weights,) = (tmp_path / "out").glob(".adapting/language-model/model.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(BadInput, match=r"is damaged .* --restart to adapt from the start"):
        _adapt(archive, models, tmp_path / "out", plan)


def test_a_place_that_cannot_be_written_is_named(archive: Archive, models: Path, tmp_path: Path) -> None:
    plan = replace(ENCODER_ALONE, steps=4)
    with pytest.raises(KeyboardInterrupt):
        _adapt(archive, models, tmp_path / "out", plan, Heard("Training the bi-encoder"))
    (tmp_path / "out" / ".adapting" / ".encoder.part").write_text("in the way of the folder")
    with pytest.raises(BroadsheetError, match="cannot be written"):
        _adapt(archive, models, tmp_path / "out", plan)


def test_a_model_that_cannot_be_read_is_named(archive: Archive, models: Path, tmp_path: Path) -> None:
    identity = archive.identity()
    assert identity is not None
    broken = shutil.copytree(models / "reranker", tmp_path / "broken", ignore=shutil.ignore_patterns("config.json"))
    with pytest.raises(BroadsheetError, match=r"broken"):
        adapt(Start(archive, identity, str(models / "encoder"), str(broken)), PLAN, tmp_path / "out", Tiny(), Heard())


def test_a_handful_of_articles_is_too_few(models: Path, tmp_path: Path) -> None:
    with open_archive(f"sqlite:///{tmp_path / 'a.db'}") as archive:
        _index(archive, models, _articles()[:5])
        with pytest.raises(BadInput, match=r"has 5 articles, of which 5 have a headline .* too few to adapt to: .* at least 600"):
            _adapt(archive, models, tmp_path / "out", Plan())
        assert not list((tmp_path / "out").iterdir())
