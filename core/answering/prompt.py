"""Builds the prompt: the system text, some turns, the numbered evidence and the question, within its budgets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from core.answering.evidence import described
from core.errors import ModelError
from core.models import ChatMessage, Evidence, Turn
from core.ports import ChatModel
from core.retrieval.condense import gist


@cache
def template(name: str) -> str:
    """Give a prompt text file by name."""
    return (files("core.answering") / "prompts" / f"{name}.txt").read_text(encoding="utf-8").strip()


def messages_for(question: str, evidence: Sequence[Evidence], history: Sequence[Turn]) -> list[ChatMessage]:
    """Give the messages: evidence numbered from 1 in the order given, turns oldest first and their answers short.

    Braces in documents are text: only our own template is formatted, once.
    """
    notes = "\n".join(f"[{number}] {described(piece)}" for number, piece in enumerate(evidence, start=1))
    messages = [ChatMessage("system", template("system"))]
    for turn in history:
        messages += [ChatMessage("user", turn.question), ChatMessage("assistant", gist(turn.answer))]
    messages.append(ChatMessage("user", template("question").format(notes=notes, question=question)))
    return messages


async def fitted_messages(
    model: ChatModel,
    question: str,
    evidence: Sequence[Evidence],
    history: Sequence[Turn],
    *,
    max_tokens: int,
    context_tokens: int,
    history_tokens: int,
) -> tuple[list[ChatMessage], tuple[Evidence, ...], int]:
    """Give messages that fit, the evidence in them and their tokens.

    Evidence is packed best first into context_tokens, turns latest first into history_tokens, and both into
    what the model's window leaves after max_tokens for the answer. Raises ModelError when not even the
    question with its best evidence fits.
    """
    room = model.context_tokens - max_tokens
    bare = await model.count_tokens(messages_for(question, (), ()))
    kept: tuple[Evidence, ...] = ()
    tokens = bare
    for piece in evidence:
        count = await model.count_tokens(messages_for(question, (*kept, piece), ()))
        if count > room or count - bare > context_tokens:
            continue
        kept, tokens = (*kept, piece), count
    if not kept:
        raise ModelError(
            f"The question needs {bare} tokens and its evidence does not fit into the {room} that are left of "
            f"{model.context_tokens}; ask a shorter question or lower MAX_TOKENS."
        )
    turns: tuple[Turn, ...] = ()
    for turn in reversed(history):
        count = await model.count_tokens(messages_for(question, kept, (turn, *turns)))
        if count > room or count - tokens > history_tokens:
            break
        turns = (turn, *turns)
    messages = messages_for(question, kept, turns)
    return messages, kept, await model.count_tokens(messages)
