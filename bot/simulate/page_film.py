"""Keeps every visible change of a screen, with the seconds since a person did something."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot import wording
from bot.simulate.page import Drawn, Scene, Step


class Film:
    """The scenes of a conversation. screen: gives the messages as they are drawn now."""

    def __init__(self, screen: Callable[[], Sequence[Drawn]], clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._began = clock()
        self._seen: dict[str, Drawn] = {}
        self._scenes: list[tuple[str, list[Step]]] = []

    @property
    def scenes(self) -> list[Scene]:
        """What happened so far."""
        return [Scene(title, tuple(steps)) for title, steps in self._scenes]

    def begin(self, title: str) -> None:
        """Begin a scene with what a person does; its clock starts."""
        self._began = self._clock()
        self._scenes.append((title, []))

    def look(self) -> None:
        """Keep what has changed since the last look; what stands there before the first scene is no change."""
        now = {drawn.id: drawn for drawn in self._screen()}
        if self._scenes:
            seconds = self._clock() - self._began
            self._scenes[-1][1].extend(Step(seconds, caption, html) for caption, html in changes(self._seen, now))
        self._seen = now


def changes(before: Mapping[str, Drawn], now: Mapping[str, Drawn]) -> Iterator[tuple[str, str]]:
    """Give a caption and the HTML of each message that is new, changed or gone."""
    for drawn in now.values():
        old = before.get(drawn.id)
        if old is None:
            yield wording.page_written(drawn.author), drawn.html
        elif old.html != drawn.html:
            yield _changed(old, drawn), drawn.html
    for drawn in before.values():
        if drawn.id not in now and not drawn.passes:
            yield wording.page_gone(drawn.author), f'<div class="gone">{drawn.html}</div>'


def _changed(old: Drawn, drawn: Drawn) -> str:
    if put := drawn.reactions - old.reactions:
        return wording.page_reacted(sorted({name for _, name in put}))
    if taken := old.reactions - drawn.reactions:
        return wording.page_unreacted(sorted({name for _, name in taken}))
    return wording.page_changed(drawn.author)
