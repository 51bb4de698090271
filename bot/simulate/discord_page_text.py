"""Discord's markdown as HTML: what a channel holds, shown as its people read it; everything else is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from bot.simulate.discord_objects import Mentions
from bot.simulate.discord_state import DiscordState
from bot.simulate.page import link

_FENCE = re.compile(r"(?<!\\)```(?:[\w+.#-]+\n)?\n?(.+?)\n?```\n?", re.DOTALL)
_QUOTE = re.compile(r"> ")
_QUOTE_REST = re.compile(r"^>>> ", re.MULTILINE)
_HEADING = re.compile(r"(#{1,3})\s+(.+)")
_SMALL = re.compile(r"-# (.+)")
_ITEM = re.compile(r"( *)([-*]|\d+\.) (.*)")
_CONTINUED = re.compile(r" {2,}\S")

# https://discord.com/developers/docs/reference#message-formatting
_TEXT = r"(?:\\.|[^\\])+?"
_INLINE = re.compile(
    "|".join(
        (
            r"\\(?P<escaped>[!-/:-@\[-`{-~])",
            r"(?<!`)(?P<ticks>`{1,2})(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)",
            r"<(?P<sign>@[!&]?|#)(?P<number>\d+)>",
            r"<a?:(?P<emoji>\w+):\d+>",
            r"</(?P<command>[^<>:\n]+):\d+>",
            r"<t:(?P<moment>-?\d{1,12})(?::[a-zA-Z])?>",
            r"<(?P<quiet>https?://[^\s<>]+)>",
            r"\[(?P<label>(?:\\.|[^\[\]\\]|\[[^\[\]]*\])+)\]"
            r"\((?:<(?P<target>[^\s<>]+)>|(?P<bare>https?://[^\s()<>]+))\)",
            r"(?P<url>https?://[^\s<>]*[^\s<>.,:;\"'\])*_~|`])",
            rf"\|\|(?P<spoiler>{_TEXT})\|\|",
            rf"~~(?P<s>{_TEXT})~~",
            rf"\*\*(?P<b>{_TEXT})\*\*(?!\*)",
            rf"__(?P<u>{_TEXT})__(?!_)",
            rf"\*(?=\S)(?P<i>{_TEXT})(?<=\S)\*(?!\*)",
            rf"(?<!\w)_(?=\S)(?P<i2>{_TEXT})(?<=\S)_(?!\w)",
            r"@(?P<mass>everyone|here)",
        )
    ),
    re.DOTALL,
)


def markdown(state: DiscordState, text: str, mentions: Mentions | None = None) -> str:
    """Give formatted text. mentions: whom the message really calls; without, @everyone is only a word."""
    return Markdown(state, mentions or Mentions()).blocks(text)


def line(state: DiscordState, text: str, mentions: Mentions | None = None) -> str:
    """Give the marks within one line; what would be a heading or a quote stays as it is."""
    return Markdown(state, mentions or Mentions()).inline(text)


class Markdown:
    """Turns the text of one message into HTML."""

    def __init__(self, state: DiscordState, mentions: Mentions) -> None:
        self._state = state
        self._called = {"everyone"} if mentions.everyone else {"here"} if mentions.here else set[str]()

    def blocks(self, text: str) -> str:
        """Give code blocks, and between them quotes, headings, lists and lines."""
        parts, at = [], 0
        for fence in _FENCE.finditer(text):
            parts += [self._lines(text[at : fence.start()].removesuffix("\n")), f"<pre>{escape(fence[1])}</pre>"]
            at = fence.end()
        return "".join([*parts, self._lines(text[at:])])

    def inline(self, text: str) -> str:
        """Give the marks within lines."""
        html, at = [], 0
        for match in _INLINE.finditer(text):
            html += [escape(text[at : match.start()]), self._marked(match)]
            at = match.end()
        return "".join([*html, escape(text[at:])])

    def _lines(self, text: str) -> str:
        rest = _QUOTE_REST.search(text)
        if rest:
            quoted = "\n".join("> " + line for line in text[rest.end() :].split("\n"))
            text = text[: rest.start()] + quoted
        return "".join(self._grouped(text.split("\n") if text else []))

    def _grouped(self, lines: list[str]) -> Iterator[str]:
        """Give each heading, item and small line by itself, and neighbouring lines of a kind together."""
        at = 0
        while at < len(lines):
            line, begins, at = lines[at], at, at + 1
            if heading := _HEADING.fullmatch(line):
                yield f'<div class="h{len(heading[1])}" dir="auto">{self.inline(heading[2])}</div>'
            elif small := _SMALL.fullmatch(line):
                yield f'<div class="small" dir="auto">{self.inline(small[1])}</div>'
            elif item := _ITEM.fullmatch(line):
                while at < len(lines) and _CONTINUED.match(lines[at]) and not _ITEM.fullmatch(lines[at]):
                    at += 1
                said = "\n".join([item[3], *(line.strip() for line in lines[begins + 1 : at])])
                yield self._item(len(item[1]) // 2, item[2], said)
            else:
                quoted = _QUOTE.match(line) is not None
                while at < len(lines) and _kind(lines[at]) is _kind(line) and quoted is bool(_QUOTE.match(lines[at])):
                    at += 1
                said = "\n".join(line.removeprefix("> ") if quoted else line for line in lines[begins:at])
                tag = "blockquote" if quoted else "div"
                yield f'<{tag} class="lines" dir="auto">{self.inline(said)}</{tag}>'

    def _item(self, depth: int, sign: str, text: str) -> str:
        bullet = "•" if sign in "-*" else escape(sign)
        return (
            f'<div class="item depth{min(depth, 5)}"><span>{bullet}</span>'
            f'<div class="lines" dir="auto">{self.inline(text)}</div></div>'
        )

    def _marked(self, match: re.Match[str]) -> str:
        found = {name: value for name, value in match.groupdict().items() if value is not None}
        match found:
            case {"escaped": sign}:
                return escape(sign)
            case {"code": code}:
                return f"<code>{escape(code.strip() or code)}</code>"
            case {"sign": sign, "number": number}:
                return _mention(self._name(sign, int(number)) or match[0])
            case {"emoji": name}:
                return escape(f":{name}:")
            case {"command": name}:
                return _mention(f"/{name}")
            case {"moment": seconds}:
                return f"<time>{_date(int(seconds)) or escape(match[0])}</time>"
            case {"label": label}:
                return link(found.get("target") or found["bare"], self.inline(label))
            case {"quiet": address} | {"url": address}:
                return link(address, escape(address))
            case {"spoiler": inside}:
                return f'<span class="spoiler">{self.inline(inside)}</span>'
            case {"mass": who}:
                return _mention(f"@{who}") if who in self._called else f"@{who}"
        (name, inside), *_ = found.items()
        return f"<{name[0]}>{self.inline(inside)}</{name[0]}>"

    def _name(self, sign: str, number: int) -> str:
        """Give what a mention shows, "" for what is not there."""
        if sign == "#":
            channel = self._state.channels.get(number)
            return f"#{channel.name}" if channel else ""
        if sign == "@&":
            roles = (role for guild in self._state.guilds.values() for role in guild.roles.values())
            return next((f"@{role.name.lstrip('@')}" for role in roles if role.id == number), "")
        user = self._state.users.get(number)
        return f"@{user.name}" if user else ""


def _kind(line: str) -> re.Pattern[str] | None:
    """Tell which lines stand by themselves; None for those that neighbours may join."""
    return next((pattern for pattern in (_HEADING, _SMALL, _ITEM) if pattern.fullmatch(line)), None)


def _mention(shown: str) -> str:
    return f'<span class="mention">{escape(shown)}</span>'


def _date(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, tz=UTC).astimezone():%d %B %Y %H:%M}"
    except (OverflowError, OSError, ValueError):
        return ""
