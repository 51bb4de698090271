"""Writes handbooks of any size by a seeded generator: English-like pages with headings, lists and tables.

A word is as frequent as its rank lets it be (Zipf), each page has matters and names of its own, so that terms grow with
the number of pages as they do in real handbooks. Page N is the same for the same seed, however many there are.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path

NOUNS = (
    "team request manager customer invoice contract laptop account office project report meeting budget policy release "
    "candidate interview holiday expense receipt ticket incident backup server password device visitor supplier order "
    "delivery refund training mentor review goal survey benefit pension insurance salary bonus shift calendar room "
    "badge key printer network licence audit risk checklist template document translation newsletter campaign website "
    "partner reseller quote discount proposal signature archive retention export dashboard metric alert deployment "
    "branch test environment database migration schema queue worker warehouse shipment package label vehicle driver "
    "route fuel repair garden kitchen menu allergy first-aid fire-drill evacuation elevator parking bicycle locker"
).split()
VERBS = (
    "approve check send write read keep update close open plan review share record report cancel book order return "
    "replace repair sign publish archive translate measure compare schedule confirm escalate assign document test "
    "deploy restore rotate revoke grant renew extend shorten split merge forward attach label print collect deliver"
).split()
QUALITIES = (
    "new old open closed monthly weekly yearly temporary permanent external internal remote local urgent late early "
    "missing duplicate signed unsigned shared private public written verbal small large broken spare annual final "
    "first second personal confidential approved rejected pending automatic manual"
).split()
PLACES = (
    "the intranet|the front desk|the shared drive|the tracker|the second floor|the ticket system|the payroll tool|"
    "the workshop|the reading room|the north building|the depot|the help channel|the calendar|the wiki"
).split("|")
WHEN = (
    "by the end of the month|within three working days|before the first of March|every Tuesday|on the same day|"
    "at least two weeks ahead|once a quarter|after the probation period|during office hours|no later than noon|"
    "when the budget allows it|as soon as it is known|in the last week of the year|twice a year"
).split("|")
SYLLABLES = (
    "ba cor del fen gra hul iv jor kel lam mer nor os pel quin ras sol tam ul ver wex yor zan thi bro cla".split()
)


def write_handbook(folder: Path, pages: int, characters: int, seed: int = 0) -> int:
    """Write that many Markdown files of about that many characters on average; give the bytes of all."""
    total = 0
    for number in range(pages):
        text = page(number, characters, seed)
        file = folder / f"part-{number // 100:03}" / f"page-{number:05}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        total += file.write_bytes(text.encode())
    return total


def page(number: int, characters: int, seed: int = 0) -> str:
    """Give one page; some are five times as long as others."""
    writer = _Writer(random.Random(f"{seed}-{number}"))
    wanted = characters * writer.chance.uniform(0.3, 1.6)
    parts = [f"# {writer.heading()}", writer.paragraph()]
    length = sum(map(len, parts))
    for section in itertools.count():
        if length >= wanted:
            return "\n\n".join(parts) + "\n"
        new = [f"{'##' if section % 3 == 0 else '###'} {writer.heading()}"]
        new += [writer.block() for _ in range(writer.chance.randint(1, 4))]
        parts += new
        length += sum(map(len, new)) + 2 * len(new)
    raise AssertionError("count never ends")


class _Writer:
    """Writes about the matters of one page."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self._names = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).title() for _ in range(6)]
        self._matters = chance.sample(NOUNS, 12)

    def heading(self) -> str:
        what = f"{self._quality()} {self._noun()}s"
        forms = (
            what,
            f"{self._verb()} the {self._noun()}",
            f"{what} at {self._name()}",
            f"who may {self._verb()} {what}",
        )
        return self.chance.choice(forms).capitalize()

    def block(self) -> str:
        draw = self.chance.random()
        return self.paragraph() if draw < 0.65 else self._list() if draw < 0.9 else self._table()

    def paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self.chance.randint(2, 6)))

    def _list(self) -> str:
        mark = self.chance.choice(("-", "1."))
        return "\n".join(f"{mark} {self._sentence()}" for _ in range(self.chance.randint(3, 7)))

    def _table(self) -> str:
        rows = [
            f"| {self._quality()} {self._noun()} | {self.chance.randint(2, 950)} EUR | {self._name()} |"
            for _ in range(self.chance.randint(3, 8))
        ]
        return "\n".join(["| What | Limit | Who |", "| --- | --- | --- |", *rows])

    def _sentence(self) -> str:
        who, what, other = self._noun(), f"{self._quality()} {self._noun()}", self._noun()
        days, name = self.chance.randint(2, 60), self._name()
        forms = (
            f"every {who} has to {self._verb()} the {what} {self._when()}",
            f"{name} will {self._verb()} each {what} and {self._verb()} the {other} in {self._place()}",
            f"if the {what} is {self._quality()}, {self._verb()} it {self._when()} and tell the {who} of {name}",
            f"the {who} keeps each {what} for {days} days, then {name} may {self._verb()} it",
            f"for any {what}, {self._verb()} the {other} in {self._place()}; {name} answers questions about it",
            f"nobody may {self._verb()} any {what} without the {who}, unless {name} agreed {self._when()}",
            f"up to {days} {other}s a year are paid, and {self._quality()} ones count half",
            f"we {self._verb()} the {what} together with {name} {self._when()}, so that no {other} is lost",
        )
        text = self.chance.choice(forms)
        return f"{text[0].upper()}{text[1:]}."

    def _noun(self) -> str:
        return self._ranked(self._matters if self.chance.random() < 0.7 else NOUNS)

    def _verb(self) -> str:
        return self._ranked(VERBS)

    def _quality(self) -> str:
        return self._ranked(QUALITIES)

    def _place(self) -> str:
        return self._ranked(PLACES)

    def _when(self) -> str:
        return self._ranked(WHEN)

    def _name(self) -> str:
        return self._ranked(self._names)

    def _ranked(self, words: Sequence[str]) -> str:
        """Draw a word; the chance of each falls with its rank, as in Zipf's law."""
        return words[int((len(words) + 1) ** self.chance.random()) - 1]
