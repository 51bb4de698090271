from collections.abc import Sequence

import numpy as np
import pytest

from core.answering.choosing import EvidenceChooser, beliefs_of
from core.answering.evidence import Choice
from core.models import RetrievedChunk, Turn
from core.ports import Passage, Reading
from core.retrieval.condense import Query, condense
from core.retrieval.retriever import embed_query
from tests.fakes.embedder import FakeEmbedder
from tests.unit.builders import retrieved

QUERY = condense("How many vacation days do employees get?", ())
NEAR = retrieved("Vacation days are asked for in the tool. Employees like them.", number=1, score=0.6)
RIGHT = retrieved("Everyone gets 28 of them.", number=2, score=0.5, document="days.md")
FAR = retrieved("The yacht is blue.", number=3, score=0.1)


class Told:
    """A reader that believes what it is told: words -> log-odds, -9 for all others."""

    def __init__(self, *, is_calibrated: bool = True, **log_odds: float) -> None:
        self.is_calibrated = is_calibrated
        self._log_odds = log_odds

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        return [
            np.array(
                [
                    max((odds for word, odds in self._log_odds.items() if word in words), default=-9.0)
                    for _, words in passage.pieces
                ],
                dtype=np.float32,
            )
            for passage in passages
        ]


async def choose(reader: Told | None, query: Query, passages: Sequence[RetrievedChunk]) -> Choice:
    embedder = FakeEmbedder()
    return await EvidenceChooser(embedder, reader, "english").choose(query, embed_query(embedder, query), passages)


async def test_without_a_reader_the_order_of_the_retriever_stays() -> None:
    choice = await choose(None, QUERY, (NEAR, RIGHT, FAR))
    assert [passage.id for passage in choice.passages] == [1, 2, 3]
    assert choice.evidence[0].chunk.id == 1


async def test_what_the_reader_believes_in_comes_first() -> None:
    choice = await choose(Told(gets=4.0), QUERY, (NEAR, RIGHT, FAR))
    assert [passage.id for passage in choice.passages] == [2, 1, 3]
    assert choice.evidence[0].text == "Everyone gets 28 of them."
    assert choice.passages[0].score > NEAR.score


async def test_a_reader_that_finds_nothing_makes_the_answer_less_likely() -> None:
    sure = await choose(Told(gets=4.0), QUERY, (RIGHT,))
    unsure = await choose(Told(gets=-8.0), QUERY, (RIGHT,))
    assert sure.probability > unsure.probability


async def test_a_reader_counts_half_for_a_follow_up() -> None:
    follow_up = condense("and for contractors?", (Turn(QUERY.text, "28 days."),))
    reader = Told(gets=4.0)
    risen = [
        (await choose(reader, query, (RIGHT, NEAR))).passages[0].score - RIGHT.score for query in (QUERY, follow_up)
    ]
    assert risen[1] == pytest.approx(risen[0] / 2)


async def test_of_a_follow_up_all_chunks_are_read() -> None:
    follow_up = condense("and for contractors?", (Turn(QUERY.text, "28 days."),))
    others = tuple(retrieved(f"Bank holiday {number}.", number=10 + number, score=0.4) for number in range(4))
    last = retrieved("Contractors have none.", number=20, score=0.45)
    reader = Told(gets=4.0, Contractors=9.0)
    for query, first in ((QUERY, RIGHT), (follow_up, last)):
        assert (await choose(reader, query, (RIGHT, *others, last))).passages[0].id == first.id


async def test_a_reader_on_a_scale_of_its_own_orders_but_does_not_decide() -> None:
    foreign = await choose(Told(is_calibrated=False, gets=90.0), QUERY, (NEAR, RIGHT))
    assert foreign.passages[0].id == 2
    alone = await choose(None, QUERY, (RIGHT,))
    assert foreign.probability == pytest.approx(alone.probability)


@pytest.mark.parametrize("reader", [None, Told()])
async def test_where_nothing_can_be_quoted_nothing_is_chosen(reader: Told | None) -> None:
    for passages in ((), (retrieved("---", number=4),)):
        choice = await choose(reader, QUERY, passages)
        assert (choice.evidence, choice.probability, choice.passages) == ((), 0.0, passages)


def test_beliefs_are_shares_of_all_pieces() -> None:
    readings = [np.log(np.array([1.0, 4.0], np.float32)), np.log(np.array([25.0], np.float32))]
    assert np.allclose(np.concatenate(beliefs_of(readings)), [0.125, 0.25, 0.625]), "the roots of the odds"


async def test_what_was_dropped_is_told_with_why() -> None:
    others = tuple(retrieved(f"Bank holiday {number}.", number=10 + number, score=0.4) for number in range(4))
    choice = await choose(Told(gets=4.0), QUERY, (NEAR, RIGHT, FAR, *others, retrieved("---", number=4)))
    assert choice.evidence[0].text == "Everyone gets 28 of them."
    pieces = {dropped.text: dropped.reason for dropped in choice.dropped if dropped.text}
    assert set(pieces.values()) <= {"tail", "budget", "repeats", "enough"}
    scores = [dropped.score for dropped in choice.dropped if dropped.text]
    assert scores == sorted(scores, reverse=True)
    whole = {dropped.chunk.id: dropped.reason for dropped in choice.dropped if not dropped.text}
    assert whole == {13: "unread", 3: "unread", 4: "unquotable"}
    looked_at = [piece.text for piece in choice.evidence] + list(pieces)
    assert len(looked_at) == 6, "each piece of the five chunks that were read is told of once"
