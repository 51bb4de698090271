from collections.abc import Sequence

import numpy as np

from core.inference.remembering import RememberingEmbedder
from core.ports import Embeddings
from tests.fakes import FakeEmbedder


class CountingEmbedder(FakeEmbedder):
    def __init__(self) -> None:
        super().__init__(dimensions=8)
        self.asked: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> Embeddings:
        self.asked.append(list(texts))
        return super().embed(texts)


def test_a_text_is_embedded_once_also_within_one_call() -> None:
    counting = CountingEmbedder()
    embedder = RememberingEmbedder(counting)
    first = embedder.embed(["leave", "travel", "leave"])
    second = embedder.embed(["refund", "travel"])
    embedder.embed(["travel"])
    assert counting.asked == [["leave", "travel"], ["refund"]]
    assert np.array_equal(first, FakeEmbedder(dimensions=8).embed(["leave", "travel", "leave"]))
    assert np.array_equal(second, FakeEmbedder(dimensions=8).embed(["refund", "travel"]))


def test_what_was_asked_for_longest_ago_is_forgotten_first() -> None:
    counting = CountingEmbedder()
    embedder = RememberingEmbedder(counting, texts=2)
    for text in ("leave", "travel", "leave", "refund", "leave", "travel"):
        embedder.embed([text])
    assert counting.asked == [["leave"], ["travel"], ["refund"], ["travel"]]


def test_more_texts_than_are_remembered_are_given_all_the_same() -> None:
    embedder = RememberingEmbedder(CountingEmbedder(), texts=1)
    assert embedder.embed(["leave", "travel", "refund"]).shape == (3, 8)
