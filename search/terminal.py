"""A search response as text for a terminal."""

from rich.console import Console
from rich.text import Text

from search.response import Hit, SearchResponse


def print_response(response: SearchResponse) -> None:
    """Prints the hits, best first; says so when there are none."""
    console = Console(highlight=False, soft_wrap=True)
    if not response.hits:
        console.print("Nothing relevant found." if response.total == 0 else f"There are only {response.total} results.")
        return
    for hit in response.hits:
        console.print(_title(hit))
        console.print(_snippet(hit))
        console.print(Text(_evidence(hit), style="dim"))
        console.print()
    seconds = response.seconds
    console.print(
        Text(
            f"{response.total} articles in {seconds.total * 1000:.0f} ms "
            f"(encode {seconds.encode * 1000:.0f}, retrieve {seconds.retrieve * 1000:.0f}, rerank {seconds.rerank * 1000:.0f})",
            style="dim",
        )
    )


def _title(hit: Hit) -> Text:
    article = hit.article
    published = article.published_at.date().isoformat() if article.published_at else None
    details = " · ".join(part for part in (article.source, published, article.key) if part)
    return Text.assemble((f"{hit.rank:3d}. ", "dim"), (article.title or "(no title)", "bold"), (f"  {details}", "dim"))


def _snippet(hit: Hit) -> Text:
    text = Text(hit.snippet.text.replace("\n", " "))
    for start, end in hit.snippet.highlights:
        text.stylize("bold yellow", start, end)
    return Text("     ") + text


def _evidence(hit: Hit) -> str:
    numbers = (("similarity", hit.similarity), ("bm25", hit.bm25), ("fused", hit.fused), ("relevance", hit.relevance))
    return "     " + "  ".join(f"{name} {value:.3f}" for name, value in numbers if value is not None)
