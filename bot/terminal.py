"""Answers for people at a terminal: streamed while they grow, then the answer with its footnotes."""

from __future__ import annotations

from contextlib import aclosing

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.spinner import Spinner
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from bot import wording
from bot.links import NO_LINKS, Links
from core.answering.answerer import Answerer, EvidenceFound, TextGrown
from core.answering.reuse import ReusingAnswerer
from core.models import Answer, Citation, Question

# Quotations are the answer here, so they keep the colour of text.
THEME = Theme({"markdown.block_quote": "none"})


async def show_answer(
    answerer: Answerer | ReusingAnswerer, question: Question, console: Console | None = None, links: Links = NO_LINKS
) -> Answer:
    """Ask and print; on a terminal the evidence and the growing text are shown until the answer takes their place."""
    console = console or Console(highlight=False, theme=THEME)
    answer: Answer | None = None
    evidence: list[str] = []
    with Live(Spinner("dots", "Searching the documents"), console=console, transient=True) as live:
        if not console.is_terminal:
            live.stop()
        async with aclosing(answerer.stream(question)) as events:
            async for event in events:
                if isinstance(event, EvidenceFound):
                    evidence = [wording.footnote(citation) for citation in event.citations]
                    live.update(_growing("", evidence))
                elif isinstance(event, TextGrown):
                    live.update(_growing(event.text, evidence))
                elif isinstance(event, Answer):
                    answer = event
    assert answer is not None  # stream always ends with an Answer or an error
    console.print(rendered(answer, links))
    return answer


def rendered(answer: Answer, links: Links = NO_LINKS) -> RenderableType:
    """Give an answer with its footnotes; those with an address are links where the terminal knows them (OSC 8)."""
    if answer.small_talk is not None:
        return Text(wording.answer_text(answer))
    if answer.refused:
        return Text(wording.answer_text(answer), style="yellow")
    footnotes = [_footnote(citation, links.url(citation.chunk)) for citation in answer.citations]
    if answer.made_at is not None:
        mark = f"{wording.answered_before(answer.made_at)} {wording.HOW_TO_ASK_ANEW}"
        footnotes = [*footnotes, Text(), Text(mark, style="yellow")]
    # Documents are quoted, not rendered: their Markdown links and images are text by now.
    return Group(Markdown(wording.answer_text(answer), hyperlinks=False), Text(), *footnotes)


def _footnote(citation: Citation, url: str) -> Text:
    if not url:
        return Text(wording.footnote(citation), style="dim")
    # The address stands there too: not every terminal knows links, and a file knows none.
    return Text(f"{wording.footnote(citation)}\n    {url}", style=Style(dim=True, link=url), overflow="fold")


def _growing(text: str, evidence: list[str]) -> RenderableType:
    return Group(
        Spinner("dots", "Writing from the evidence"),
        Text(text.strip()),
        *(Text(line, style="dim") for line in evidence),
    )
