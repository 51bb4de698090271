"""What stands in Discord for one reply: which messages, what they show, and by which way they can be changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from bot.messages import Sent
from bot.platforms.discord.render import Json

GONE = "gone"


@dataclass(slots=True)
class Ledger:
    """Our messages for one reply, in order.

    ids: "channel:message", ORIGINAL for a deferred response whose id is not known, GONE where somebody deleted it.
    prints: a fingerprint of what each shows, "" where that is not known. stage: of the reply shown last, "" for none.
    by_token: an interaction's token is still good. embeds: they are allowed here. apart: the first message had to be
    posted apart from its question, so it says what was asked.
    """

    ids: list[str] = field(default_factory=list)
    prints: list[str] = field(default_factory=list)
    stage: str = ""
    by_token: bool = True
    embeds: bool = True
    apart: bool = False

    @classmethod
    def read(cls, sent: Sent) -> Ledger:
        """Take up what was written down by `sent`, by any process."""
        handle = sent.handle
        prints = handle.get("prints", "").split(",") if sent.ids else []
        ids = list(sent.ids)
        return cls(
            ids,
            (prints + [""] * len(ids))[: len(ids)],
            handle.get("stage", ""),
            handle.get("by_token", "yes") == "yes",
            handle.get("embeds", "yes") == "yes",
            handle.get("apart", "no") == "yes",
        )

    def sent(self) -> Sent:
        """Write down what stands, as JSON values."""
        flags = {"by_token": self.by_token, "embeds": self.embeds, "apart": self.apart}
        handle = {name: "yes" if value else "no" for name, value in flags.items()}
        return Sent(tuple(self.ids), {"prints": ",".join(self.prints), "stage": self.stage, **handle})

    def put(self, index: int, place: str, shown: str) -> None:
        """Note that a message, a new one at the end perhaps, shows this."""
        if index == len(self.ids):
            self.ids.append(place)
            self.prints.append(shown)
        else:
            self.ids[index], self.prints[index] = place, shown

    def drop_last(self) -> None:
        """Note that the last message was deleted."""
        self.ids.pop()
        self.prints.pop()

    def may_replace(self, stage: str) -> bool:
        """Tell whether a message that somebody deleted is posted anew.

        Only what has never been shown is: the first reply, or the final one in the place of one that was growing.
        An answer that people had, and deleted, stays away.
        """
        return not self.stage or (stage == "final" and self.stage != "final")


def fingerprint(message: Json) -> str:
    """Give a short name for what a message shows."""
    return hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()[:12]
