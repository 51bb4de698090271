"""The one shape that every platform normalises into, and the one that every platform renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core.models import ConversationKey
from core.storage.access_store import Audience


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """Something a person did that concerns us, in every platform's words.

    key: what makes it one question, whatever number of events told of it, such as "slack:T1:C1:1700000000.000100".
    conversation: whose memory it belongs to; its thread is where the answer goes ("" for none).
    edited replaces the text of a question asked before, deleted withdraws it (text "").
    private: a direct message. addressed: said to us, in private or by mentioning us, and not just where we listen.
    handle: what the platform needs to answer later, also after a restart (JSON values).
    audience: who reads the answer, and so what it may rest on; None where nobody knows, which is as good as public.
    """

    kind: Literal["question", "edited", "deleted"]
    key: str
    conversation: ConversationKey
    user: str
    text: str
    private: bool = False
    handle: Mapping[str, str] = field(default_factory=dict)
    addressed: bool = True
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class Footnote:
    """One numbered source under an answer. place: document, heading, page or lines. url: "" without a link."""

    number: int
    place: str
    url: str = ""


# human: ask a person. The last three are about an ingest run: do it, don't, and stop it on its way.
Action = Literal["cancel", "up", "down", "evidence", "anew", "human", "confirm", "leave", "stop"]
RUN_ACTIONS = frozenset[Action]({"confirm", "leave", "stop"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What our message should look like now; the platform makes it so, by posting or editing.

    stage: "working" while it grows (text: what there is so far, status: one line on what is going on) and "final".
    text: Markdown, from documents and the model: the platform escapes what could ping or command.
    question_id: names the question in the buttons' values, or the run that they are about; 0 without buttons.
    mention: the platform's id of the one person who is called by it, before the text; "" for nobody.
    """

    stage: Literal["working", "final"]
    text: str
    status: str = ""
    footnotes: tuple[Footnote, ...] = ()
    actions: tuple[Action, ...] = ()
    question_id: int = 0
    mention: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Our messages for one reply, in order; what the platform needs to edit them (JSON values)."""

    ids: tuple[str, ...] = ()
    handle: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Press:
    """Someone pressed a button. question_id: the one of its reply. manages: see Command.

    reason: of a 👎, why, in the words of `wording.DOWN_REASONS` or their own; "" where they did not say.
    user_name: what people call who pressed it, "" where the platform didn't tell.
    audience: who reads where the button stands now (see IncomingMessage), which may have changed since the answer.
    """

    platform: str
    question_id: int
    action: Action
    user: str
    manages: bool = False
    audience: Audience | None = None
    reason: str = ""
    user_name: str = ""


CommandName = Literal["reingest", "collections", "status", "forget", "help"]


@dataclass(frozen=True, slots=True)
class Command:
    """Someone gave a command other than a question. argument: what stood behind its name, such as "hr --dry-run".

    user_name: what people call its giver. place: what `Surface.show` posts an ordinary message of ours with where the
    command was given, one that lasts longer than the command; None where none is wanted.
    manages: the platform itself says that its giver manages the workspace; only looked up where it can matter.
    audience: who reads where it was given (see IncomingMessage).
    """

    platform: str
    name: CommandName
    argument: str
    user: str
    conversation: ConversationKey
    user_name: str = ""
    place: IncomingMessage | None = None
    manages: bool = False
    audience: Audience | None = None


class Desk(Protocol):
    """What platforms hand people's doings to; the same for all of them."""

    async def receive(self, message: IncomingMessage) -> None:
        """Take a question, an edit or a deletion; returns once it is claimed and acknowledged, the answer follows.

        A message that was taken before, by any process, is left alone. Never raises for what people do.
        """
        ...

    async def press(self, press: Press) -> str:
        """Do what a button says and give one line (Markdown) for the person who pressed it; "" for nothing to say."""
        ...

    async def command(self, command: Command) -> str:
        """Do what a command says and give what its giver alone is told (Markdown). Who may is decided here.

        What goes on after that is told in messages of its own.
        """
        ...

    async def participates(self, conversation: ConversationKey) -> bool:
        """Tell whether a question was answered in this conversation, so that a follow-up needs no mention."""
        ...

    async def folders(self) -> list[str]:
        """Give the folders that may be ingested again, for completion."""
        ...

    async def resume(self, surface: Surface) -> None:
        """Answer what dead processes left open on a platform; called whenever the platform has connected."""
        ...


class Surface(Protocol):
    """A platform as delivery sees it. Every method raises PlatformError when the platform refuses for good.

    edit_seconds: the least time between two edits of one message that keeps inside the platform's limits.
    """

    platform: str
    edit_seconds: float

    async def acknowledge(self, message: IncomingMessage) -> None:
        """Show within a second that the question was seen (a reaction or a status)."""
        ...

    async def show(self, message: IncomingMessage, reply: Reply, sent: Sent | None) -> Sent:
        """Make our messages look like the reply: edit those in `sent`, post what is missing, delete the rest.

        sent None: nothing of ours can stand under the question. A `Sent` without ids: something may, posted by a
        process that died before it could note it; the surface looks for it.
        """
        ...

    async def retract(self, message: IncomingMessage, sent: Sent) -> None:
        """Delete our messages; ones that are gone already are fine."""
        ...

    async def whisper(self, message: IncomingMessage, text: str) -> None:
        """Tell the asking person alone."""
        ...
