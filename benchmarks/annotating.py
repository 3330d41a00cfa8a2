"""Annotating articles, all annotations at once: ours against transformers' pipelines with the same weights, one after the other.

    python -m benchmarks.annotating [--corpus FILE] [--articles N] [--heads FOLDER] [--json]

The pipelines are made with their defaults and read the texts that ours reads: title and beginning of each article. As ours looks at
the first window alone for a label, they are timed a second time with the labelling ones given no more than that.
"""

import argparse
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.articles import made_up_articles
from indexer.dump import Dump
from indexer.fields import article_from
from indexer.readers.record import Record
from search.annotation import ENTITIES
from search.article import Article
from search.heads.annotator import HeadAnnotator, annotating_heads
from search.heads.article_windows import Read, article_windows
from search.heads.card import HeadCard, Kind
from search.heads.catalogue import BUNDLED, Heads
from search.heads.network import auto_class, load_top
from search.models.delta import load_with_delta, read_config
from search.models.device import placement
from search.models.loading import model_folder, quietly
from search.settings import DEFAULT_ENCODER

BATCH = 256
"""As `broadsheet annotate` reads them."""


def main() -> None:
    """Prints articles/s of both and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a JSONL dump instead of made-up articles")
    parser.add_argument("--articles", type=int, default=300, help="how many articles to annotate")
    parser.add_argument("--heads", type=Path, default=BUNDLED, help="folder of the heads, which share a body; the shipped ones by default")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    articles = _articles(arguments.corpus, arguments.articles)
    with TemporaryDirectory() as folder:
        figures = measure(Path(folder), Heads([arguments.heads]), articles)
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"annotating {figures['articles']:.0f} articles of {figures['tokens']:.0f} tokens on average, {torch.get_num_threads()} threads")
    for name in ("ours", "pipelines", "pipelines_on_windows"):
        print(f"  {name.replace('_', ' '):22} {figures[name]:8.1f} s  {figures['articles'] / figures[name]:8.1f} articles/s")
    print(f"  ratio                  {figures['ratio']:8.2f}    (at least 4 is asked for)")
    print(f"  ratio, on windows      {figures['ratio_on_windows']:8.2f}")
    print(f"  labels that are equal  {figures['agreement']:8.1%}")


def measure(folder: Path, heads: Heads, articles: Sequence[Article]) -> dict[str, float]:
    """Seconds of ours and of the pipelines, their ratios, and the share of labels that are the same."""
    tasks = annotating_heads(heads, Heads([]))
    annotator = HeadAnnotator(heads, tasks, placement("cpu", "auto"))
    annotator.annotate(articles[:2], tasks)
    started = time.perf_counter()
    said = [one for first in range(0, len(articles), BATCH) for one in annotator.annotate(articles[first : first + BATCH], tasks)]
    ours = time.perf_counter() - started

    pipelines = {task: _pipeline(heads, head, folder / task) for task, head in tasks.items()}
    texts = [Read.of(article).text for article in articles]
    tokenizer = pipelines[ENTITIES].tokenizer
    windows = article_windows(texts, tokenizer)
    firsts = [tokenizer.decode(one.beginning, skip_special_tokens=True) for one in windows]
    tagging, _ = _run(pipelines.pop(ENTITIES), texts)
    whole = on_windows = tagging
    labels = {}
    for task, pipeline in pipelines.items():
        seconds, _ = _run(pipeline, texts, truncation=True)
        whole += seconds
        seconds, answers = _run(pipeline, firsts, truncation=True)
        on_windows += seconds
        labels[task] = [answer["label"] for answer in answers]
    equal = [one.label == labels[one.task][place] for place, own in enumerate(said) for one in own if one.task in labels]
    return {
        "articles": len(articles),
        "tokens": sum(len(ids) for one in windows for ids in one.tokens) / len(articles),
        "ours": ours,
        "pipelines": whole,
        "pipelines_on_windows": on_windows,
        "ratio": whole / ours,
        "ratio_on_windows": on_windows / ours,
        "agreement": sum(equal) / len(equal),
    }


def _articles(corpus: Path | None, count: int) -> list[Article]:
    if corpus is None:
        return [Article(str(row["id"]), str(row["title"]), str(row["text"])) for row in made_up_articles(count)]
    found = (article_from(record, datetime.now(UTC)) for record in Dump.open([str(corpus)]) if isinstance(record, Record))
    return [article for article, _ in zip(found, range(count), strict=False)]


def _run(pipeline: Any, texts: list[str], **options: bool) -> tuple[float, list[Any]]:
    pipeline(texts[:2], **options)
    started = time.perf_counter()
    answers = pipeline(texts, **options)
    return time.perf_counter() - started, answers


def _pipeline(heads: Heads, head: str, folder: Path) -> Any:
    """transformers' pipeline over the head as an ordinary model in a folder: its own copy of the body, with the top above it."""
    from transformers import AutoModel, AutoTokenizer, pipeline

    card = heads.card(head)
    body = (heads.folder(head) / (card.body or "")).resolve()
    base = model_folder(read_config(body).get("base", DEFAULT_ENCODER), organisation="sentence-transformers")
    with quietly():
        bert: Any = load_with_delta(AutoModel, base, body)
        _whole(bert, card, heads.folder(head)).save_pretrained(folder)
        AutoTokenizer.from_pretrained(base, local_files_only=True).save_pretrained(folder)
        return pipeline("token-classification" if card.kind is Kind.TAGGING else "text-classification", model=str(folder))


def _whole(bert: Any, card: HeadCard, folder: Path) -> Any:
    from search.heads.network import Body

    config = bert.config
    config.num_labels = len(card.labels)
    config.id2label = dict(enumerate(card.labels))
    config.label2id = {label: place for place, label in enumerate(card.labels)}
    top = load_top(card, folder, Body(bert, None, bert.get_input_embeddings().weight, placement("cpu", "fp32")))
    whole = auto_class(card.kind).from_config(config)
    whole.bert.embeddings.load_state_dict(bert.embeddings.state_dict())
    whole.bert.encoder.load_state_dict(bert.encoder.state_dict())
    if card.kind is not Kind.TAGGING:
        whole.bert.pooler.dense.load_state_dict(top.pooler.state_dict())
    whole.classifier.load_state_dict(top.classifier.state_dict())
    return whole


if __name__ == "__main__":
    main()
