"""What every embedder promises (core.ports.Embedder): the bundled one, the fake, and what remembers another's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.inference.model_files import BUNDLED_EMBEDDER
from core.inference.remembering import RememberingEmbedder
from core.inference.sentence_transformers import SentenceTransformerEmbedder
from core.ports import Embedder
from tests.fakes import FakeEmbedder

TEXTS = [
    "The refund is paid within ten days of the request.",
    "Parental leave lasts sixteen weeks.",
    "",
    "A very long text about travel costs. " * 80,
    "refund",
]

NEAR = 2e-3  # a vector's numbers are some .05; products in bfloat16 depend a little on what is multiplied beside them


@pytest.fixture(scope="module", params=[pytest.param("bundled", marks=pytest.mark.models), "fake", "remembering"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "fake":
        return FakeEmbedder()
    if request.param == "remembering":
        return RememberingEmbedder(FakeEmbedder(), texts=3)
    return SentenceTransformerEmbedder(BUNDLED_EMBEDDER.path.parent)


def test_it_gives_a_unit_vector_for_each_text(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)
    assert embedder.count_tokens([]) == []


def test_vectors_keep_the_order_of_their_texts_and_do_not_depend_on_the_others(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=NEAR)


def test_texts_that_share_a_topic_are_nearer(embedder: Embedder) -> None:
    refund, leave, *_, question = embedder.embed(TEXTS)
    assert question @ refund > question @ leave


def test_tokens_are_counted_beyond_what_the_model_reads(embedder: Embedder) -> None:
    counts = embedder.count_tokens(TEXTS)
    assert counts[3] > embedder.max_tokens > counts[0] > counts[2] > 0
    assert all(isinstance(count, int) for count in counts)


def test_what_lies_beyond_the_limit_does_not_change_the_vector(embedder: Embedder) -> None:
    start = "word " * embedder.max_tokens
    assert np.allclose(embedder.embed([start + "apples"]), embedder.embed([start + "pears"]), atol=1e-6)


def test_threads_get_the_same_vectors(embedder: Embedder) -> None:
    expected = embedder.embed(TEXTS)
    with ThreadPoolExecutor(4) as threads:
        for vectors in threads.map(embedder.embed, [TEXTS] * 4):
            assert np.allclose(vectors, expected, atol=NEAR)
