"""A search response, and what is counted of a search, as text for a terminal."""

from collections.abc import Sequence
from datetime import date, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from search.query import Interval
from search.question_answering import Findings
from search.response import Bar, Comparison, Facet, Hit, SearchResponse, Timeline

_LISTED = 8  # names of a facet
_BAR_CHARACTERS = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"


def print_response(response: SearchResponse) -> None:
    """Prints how the query was understood, the hits, best first, and what was counted; says so when there are none."""
    console = _console()
    if response.suggestion:
        console.print(Text(f"Did you mean: {response.suggestion}", style="bold"))
    if response.understood:
        for line in filter(None, (response.understood.summary, *(note.message for note in response.understood.notes))):
            console.print(Text(line, style="dim"))
    if response.facets:
        _print_facets(console, response.facets)
    if response.timeline:
        _print_timeline(console, response.timeline, response.total)
    if not response.hits:
        console.print("Nothing relevant found." if response.total == 0 else f"There are only {response.rows:,} results.")
        return
    for hit in response.hits:
        console.print(_title(hit))
        console.print(_snippet(hit))
        console.print(Text(_evidence(hit), style="dim"))
        console.print()
    seconds = response.seconds
    counted = f"{response.total:,} articles" if response.total_is_exact else f"{response.total:,} articles ranked"
    console.print(
        Text(
            f"{counted} in {seconds.total * 1000:.0f} ms "
            f"(encode {seconds.encode * 1000:.0f}, retrieve {seconds.retrieve * 1000:.0f}, rerank {seconds.rerank * 1000:.0f})",
            style="dim",
        )
    )


def print_similar(hits: Sequence[Hit]) -> None:
    """Prints what is like an article or a text, and how it is related to it."""
    console = _console()
    if not hits:
        console.print("Nothing like it was found.")
    for hit in hits:
        console.print(_title(hit))
        console.print(_snippet(hit))
        console.print(Text(_evidence(hit) + (f"  {hit.relation}" if hit.relation else ""), style="dim"))
        console.print()


def print_findings(found: Findings) -> None:
    """Prints each answer with its sentence, its place in the article and the articles that say so."""
    console = _console()
    for finding in found.findings:
        start, end = finding.sentence
        sentence = Text(finding.hit.article.text[start:end].replace("\n", " "))
        sentence.stylize("bold yellow", finding.start - start, finding.end - start)
        console.print(Text.assemble((finding.text.replace("\n", " "), "bold"), (f"  {finding.probability:.0%}", "dim")))
        console.print(Text("     ") + sentence)
        console.print(_title(finding.hit), Text(f"characters {finding.start}-{finding.end}", style="dim"))
        for hit in finding.others:
            console.print(_title(hit))
        console.print()
    if not found.findings:
        console.print("No answer was found." if found.articles else "Nothing relevant found.")
    milliseconds = f"in {1000 * (found.search_seconds + found.read_seconds):.0f} ms"
    console.print(Text(f"{found.articles} articles read {milliseconds} (read {1000 * found.read_seconds:.0f})", style="dim"))


def print_timeline(timeline: Timeline, total: int) -> None:
    """Prints a line for each bar: its days, the number of articles, a bar, and their share of all articles of these days."""
    _print_timeline(_console(), timeline, total)


def print_comparison(comparison: Comparison) -> None:
    """Prints a line for each bar with the number of articles of each query and their share of all articles of these days."""
    console = _console()
    table = Table(box=None, header_style="bold")
    table.add_column(comparison.interval, no_wrap=True)
    width = _BAR_CHARACTERS // (2 * len(comparison.queries))
    for number, each in enumerate(comparison.queries, 1):
        console.print(Text.assemble((f"{number}  {each.query}", "bold"), (f"  {each.total:,} articles", "dim")))
        table.add_column(f"{number}", justify="right", no_wrap=True)
        table.add_column("share", justify="right", style="dim", no_wrap=True)
        table.add_column("", min_width=width, no_wrap=True, style="yellow")
    most = max((bar.count for each in comparison.queries for bar in each.timeline.bars), default=0)
    for bars in zip(*(each.timeline.bars for each in comparison.queries), strict=True):
        cells = [cell for bar in bars for cell in (f"{bar.count:,}", f"{bar.share:.1%}", _bar(bar.count, most, width))]
        table.add_row(_days(comparison.interval, bars[0]), *cells)
    console.print(table)


def print_words(response: SearchResponse) -> None:
    """Prints the key words with how many of the articles read and of the archive contain them, then the most frequent names."""
    console = _console()
    if response.keywords is None or not response.keywords.words:
        console.print("Nothing relevant found." if response.total == 0 else "No word is typical of these articles.")
    else:
        console.print(Text(f"Of the {response.keywords.read} most relevant of {response.total:,} articles:", style="dim"))
        table = Table(box=None, header_style="bold")
        table.add_column("word")
        for name in ("articles", "of the archive", "keyness"):
            table.add_column(name, justify="right")
        for each in response.keywords.words:
            table.add_row(each.word, f"{each.count:,}", f"{each.articles:,}", f"{each.keyness:.1f}")
        console.print(table)
    _print_facets(console, response.facets)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _print_facets(console: Console, facets: Sequence[Facet]) -> None:
    for facet in facets:
        if not facet.values:
            continue
        chosen = [value for value in facet.values if value.included or value.excluded]
        shown = [*facet.values[:_LISTED], *(value for value in chosen if value not in facet.values[:_LISTED])]
        sign = {(True, False): "+", (False, True): "-"}
        names = [f"{sign.get((value.included, value.excluded), '')}{facet.shown(value)} {value.count:,}" for value in shown]
        more = f" · {facet.names - len(shown):,} more" if facet.names > len(shown) else ""
        without = f" · none {facet.unnamed:,}" if facet.unnamed else ""
        console.print(Text.assemble((f"{facet.task or facet.field:>12}  ", "bold"), " · ".join(names) + more, (without, "dim")))
    console.print()


def _print_timeline(console: Console, timeline: Timeline, total: int) -> None:
    most = max((bar.count for bar in timeline.bars), default=0)
    for bar in timeline.bars:
        drawn = _bar(bar.count, most, _BAR_CHARACTERS)
        share = f"{bar.share:.1%} of {bar.articles:,}" if bar.articles else "no articles"
        days = f"{_days(timeline.interval, bar):21}"
        console.print(Text.assemble((days, "bold"), f"{bar.count:>7,} ", (f"{drawn:{_BAR_CHARACTERS}}", "yellow"), (f" {share}", "dim")))
    undated = f", {timeline.undated:,} of them without a date" if timeline.undated else ""
    console.print(Text(f"{total:,} articles{undated}", style="dim"))
    console.print()


def _bar(count: int, most: int, width: int) -> str:
    """A bar as long as the count's part of the largest, in eighths of a character; nothing for 0, and never nothing for more."""
    eighths = max(round(8 * width * count / most), 1) if count else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _days(interval: Interval, bar: Bar) -> str:
    whole_month = bar.first.day == 1 and bar.last < date.max and (bar.last + timedelta(days=1)).day == 1
    if interval is Interval.YEAR and (bar.first, bar.last) == (date(bar.first.year, 1, 1), date(bar.first.year, 12, 31)):
        return f"{bar.first.year:04}"
    if interval is Interval.MONTH and whole_month:
        return f"{bar.first:%Y-%m}"
    return bar.first.isoformat() if bar.first == bar.last else f"{bar.first} {bar.last}"


def _title(hit: Hit) -> Text:
    article = hit.article
    published = article.published_at.date().isoformat() if article.published_at else None
    predicted = hit.topics[0] if hit.topics and not article.topics else None
    told = [f"{predicted} (predicted)" if predicted else None, hit.annotations.sentiment.label if hit.annotations.sentiment else None]
    details = " · ".join(part for part in (article.source, published, article.key, *told) if part)
    return Text.assemble((f"{hit.rank:3d}. ", "dim"), (article.title or "(no title)", "bold"), (f"  {details}", "dim"))


def _snippet(hit: Hit) -> Text:
    text = Text(hit.snippet.text.replace("\n", " "))
    for start, end in hit.snippet.highlights:
        text.stylize("bold yellow", start, end)
    return Text("     ") + text


def _evidence(hit: Hit) -> str:
    numbers = (("similarity", hit.similarity), ("bm25", hit.bm25), ("fused", hit.fused), ("relevance", hit.relevance))
    parts = [f"{name} {value:.3f}" for name, value in numbers if value is not None]
    if hit.story and hit.story.size > 1:
        sources = f" from {len(hit.story.sources)} sources" if len(hit.story.sources) > 1 else ""
        parts.append(f"{hit.story.size - 1} more on this story{sources}")
    return "     " + "  ".join(parts)
