"""The page on which a simulated conversation is drawn: one file that asks nothing of any other machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.resources import files

from bot import wording

# Nothing is fetched, run or sent, whatever a document smuggled in.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_OPENED = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
_HUES = 6
# Docent's own sign: a page with a footnote.
_SIGN = (
    '<svg viewBox="0 0 36 36" aria-hidden="true"><path d="M11 9h8.5l5.5 5.5V27H11z" fill="#fff"/>'
    '<path d="M19.5 9v5.5H25z" fill="#b9cbe4"/><path d="M13.5 17h8M13.5 20.5h5" stroke="#1f3a5f" stroke-width="1.6"/>'
    '<circle cx="23.5" cy="24" r="5" fill="#f2a33a"/>'
    '<path d="M22 23l2-1.4v5" fill="none" stroke="#1f3a5f" stroke-width="1.5"/></svg>'
)
EYE = (
    '<svg class="eye" viewBox="0 0 16 16" aria-hidden="true"><path d="M1 8q7-8.5 14 0-7 8.5-14 0z" fill="none" '
    'stroke="currentColor" stroke-width="1.3"/><circle cx="8" cy="8" r="2.3" fill="currentColor"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One message as it stands on a screen.

    reactions: (emoji, name of who put it) each; html shows them too. passes: it goes away by itself.
    """

    id: str
    author: str
    html: str
    reactions: frozenset[tuple[str, str]] = frozenset()
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One visible change. seconds: since the scene began. html: the message that changed, as it is then."""

    seconds: float
    caption: str
    html: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What a person did, and every visible change that followed."""

    title: str
    steps: Sequence[Step]


def page(platform: str, title: str, window: str, scenes: Sequence[Scene]) -> str:
    """Give the whole page. platform: "slack" or "discord"; title: plain text; window: the HTML of the final state."""
    style = "".join((files(__package__) / name).read_text("utf-8") for name in ("page.css", f"{platform}_page.css"))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f'<body class="{platform}">\n<main>\n{window}\n{_film(scenes)}\n</main>\n'
        f"<footer>{escape(wording.PAGE_FOOTER)}</footer>\n</body>\n</html>\n"
    )


def avatar(name: str, *, is_ours: bool) -> str:
    """Give the picture beside a name: Docent's sign, or a letter."""
    if is_ours:
        return f'<span class="avatar ours">{_SIGN}</span>'
    return f'<span class="avatar hue{sum(map(ord, name)) % _HUES}">{escape(name[:1].upper())}</span>'


def link(address: str, shown: str) -> str:
    """Give a link that shows some HTML; what is no web or mail address (`javascript:` say) can't be followed."""
    if not _OPENED.fullmatch(address):
        return f'<span class="link">{shown}</span>'
    return f'<a href="{escape(address)}" rel="noreferrer noopener nofollow">{shown}</a>'


def clock_time(moment: datetime) -> str:
    """Give the time beside a message, where the reader is."""
    return f"<time>{moment.astimezone():%H:%M}</time>"


def _film(scenes: Sequence[Scene]) -> str:
    drawn = "\n".join(
        f"<section><h3>{escape(scene.title)}</h3>\n<ol>\n{''.join(map(_step, scene.steps))}</ol></section>"
        for scene in scenes
    )
    return f'<div class="film"><h2>{escape(wording.PAGE_STEPS)}</h2>\n{drawn}\n</div>' if scenes else ""


def _step(step: Step) -> str:
    return f'<li><p class="caption"><b>{step.seconds:.2f} s</b> {escape(step.caption)}</p>{step.html}</li>\n'
