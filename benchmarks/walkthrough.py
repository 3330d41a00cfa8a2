"""Ten research questions asked of a running server: a screenshot of each page, and its export.

    python -m benchmarks.walkthrough --address http://127.0.0.1:8000 --out DIR [--dark] [--width 1280]

docs/walkthrough.md says what a researcher reads off them over Reuters-21578 and BBC News. The pictures show texts that
are not ours, so they are made anew and not kept in the repository.
"""

import argparse
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

TIMEOUT = 120


@dataclass(frozen=True)
class Question:
    """What somebody wants to know, and the search that they would type; ``format`` is how they take it away."""

    name: str
    asked: str
    search: tuple[tuple[str, str], ...]
    format: str = "csv"
    path: str = "/"


QUESTIONS = (
    Question(
        "louvre",
        "How did the dollar react to the Louvre accord, week by week, and who disagreed?",
        (("q", 'how did the dollar react to the "Louvre accord" (disagree* OR criticis* OR doubt* OR dollar)'), ("timeline", "week")),
    ),
    Question(
        "quotas",
        "What was said about oil quotas where Saudi Arabia is not mentioned?",
        (("q", "OPEC oil production quotas -Saudi"),),
        "jsonl",
    ),
    Question(
        "airlines",
        "Who opposed the mergers of the airlines in 1987?",
        (("q", "who opposed the merger of the airlines (Delta OR USAir OR TWA OR Piedmont)"),),
        "ris",
    ),
    Question(
        "fed",
        "What did the Federal Reserve say about interest rates in June 1987, newest first?",
        (("q", '"Federal Reserve" interest rates on:1987-06'), ("sort", "newest")),
    ),
    Question(
        "coffee", "When were the coffee export quotas in the news?", (("q", "coffee export quotas title:coffee"), ("timeline", "day"))
    ),
    Question(
        "wheat", "Which subsidies for wheat were offered to the Soviet Union?", (("q", 'near5:"wheat subsidy" Soviet Union'),), "bibtex"
    ),
    Question(
        "takeovers",
        "Which takeover bids were rejected, leaving quarterly results out?",
        (("q", "board rejects takeover bid as inadequate"), ("not_topic", "earn")),
    ),
    Question(
        "rugby",
        "Who was injured in the Six Nations, leaving Wilkinson out?",
        (("q", '"Six Nations" injury -Wilkinson topic:sport'),),
        "rss",
    ),
    Question("typo", "What happened in the antitrust case of Microsoft? (misspelt)", (("q", "microsfot antitrust case in Europe"),)),
    Question(
        "deficits",
        "Did the papers write more about the trade with Japan or with Taiwan and Korea?",
        (("q", "trade friction with Japan semiconductors"), ("q", "trade surplus Taiwan (Taiwan OR Korea)"), ("timeline", "week")),
        path="/compare",
    ),
)


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description="Screenshots and exports of ten research questions.")
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="of a running `broadsheet serve`")
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures and exports")
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels")
    parser.add_argument("--dark", action="store_true", help="as somebody sees it whose system is dark")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    photograph(arguments.address, arguments.out, arguments.width, "dark" if arguments.dark else "light")
    for question in QUESTIONS:
        print(f"{question.name:<10} {take_away(arguments.address, question, arguments.out):>6} rows  {question.asked}")


def photograph(address: str, out: Path, width: int, scheme: str) -> None:
    """A picture of each page, named for its question."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 1100}, color_scheme="dark" if scheme == "dark" else "light")
        page.set_default_timeout(TIMEOUT * 1000)
        for question in QUESTIONS:
            page.goto(f"{address}{question.path}?{urlencode(question.search)}")
            page.screenshot(path=out / f"{question.name}-{width}-{scheme}.png")
        browser.close()


def take_away(address: str, question: Question, out: Path) -> int:
    """Writes the export of a question; the number of rows of a table, of lines otherwise."""
    route = "/compare.csv" if question.path == "/compare" else "/export"
    search = (
        question.search
        if route == "/compare.csv"
        else (*(pair for pair in question.search if pair[0] != "timeline"), ("format", question.format))
    )
    with urlopen(f"{address}{route}?{urlencode(search)}", timeout=TIMEOUT) as answer:  # an address of our own server
        text: str = answer.read().decode("utf-8")
    (out / f"{question.name}.{question.format}").write_text(text, encoding="utf-8")
    return len(list(csv.reader(io.StringIO(text)))) - 1 if question.format == "csv" else text.count("\n")


if __name__ == "__main__":
    main()
