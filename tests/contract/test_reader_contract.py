"""What every reader promises (core.ports.Reader): the bundled one, a CrossEncoder and the fake."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.inference.cross_encoder import CrossEncoderReader
from core.inference.model_files import BUNDLED_EMBEDDER, BUNDLED_READER
from core.inference.reader import EvidenceReader
from core.ports import Passage, Reader
from tests.fakes.reader import FakeReader

QUESTION = "How long is parental leave?"
PASSAGES = [
    Passage("Travel › Refunds", (("", "A refund is paid within ten days."), ("", "Keep the receipts of your trip."))),
    Passage(
        "Leave › Parents",
        (
            ("", "Parental leave lasts sixteen weeks."),
            ("", "Ask your lead for the form."),
            ("Forms:", "Form P1 for parents"),
        ),
    ),
    Passage("Nothing to quote", ()),
    Passage("A long one", (("", "word " * 600), ("", "Nobody reads this far."))),
]

NEAR = 0.1  # of log-weights between some -15 and 10; bfloat16 depends a little on what is multiplied beside it


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A CrossEncoder's folder: the bundled network with an untrained head."""
    from sentence_transformers import CrossEncoder

    folder = tmp_path_factory.mktemp("cross-encoder")
    CrossEncoder(str(BUNDLED_EMBEDDER.path.parent), num_labels=1, device="cpu").save_pretrained(str(folder))
    return str(folder)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("bundled", marks=pytest.mark.models),
        pytest.param("cross-encoder", marks=pytest.mark.models),
        "fake",
    ],
)
def reader(request: pytest.FixtureRequest) -> Reader:
    if request.param == "fake":
        return FakeReader()
    if request.param == "cross-encoder":
        return CrossEncoderReader(request.getfixturevalue("cross_encoder"))
    return EvidenceReader(BUNDLED_READER, BUNDLED_EMBEDDER.path.parent)


def test_it_gives_a_finite_number_for_each_piece(reader: Reader) -> None:
    readings = reader.read(QUESTION, PASSAGES)
    assert [reading.shape for reading in readings] == [(2,), (3,), (0,), (2,)]
    assert all(reading.dtype == np.float32 and np.isfinite(reading).all() for reading in readings)


def test_no_passages_give_no_readings(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []
    assert [reading.shape for reading in reader.read(QUESTION, [Passage("Empty", ())])] == [(0,)]


def test_readings_keep_the_order_of_their_passages_and_do_not_depend_on_the_others(reader: Reader) -> None:
    together = reader.read(QUESTION, PASSAGES)
    for passage, reading in zip(PASSAGES, together, strict=True):
        assert np.allclose(reader.read(QUESTION, [passage])[0], reading, atol=NEAR)


def test_threads_read_side_by_side(reader: Reader) -> None:
    alone = reader.read(QUESTION, PASSAGES)
    with ThreadPoolExecutor(4) as pool:
        for readings in pool.map(lambda _: reader.read(QUESTION, PASSAGES), range(4)):
            assert all(np.allclose(one, other, atol=NEAR) for one, other in zip(alone, readings, strict=True))


@pytest.mark.parametrize("kind", [pytest.param("bundled", marks=pytest.mark.models), "fake"])
def test_the_piece_that_answers_stands_out(kind: str) -> None:
    reader: Reader = (
        FakeReader() if kind == "fake" else EvidenceReader(BUNDLED_READER, Path(BUNDLED_EMBEDDER.path).parent)
    )
    readings = reader.read(QUESTION, PASSAGES[:2])
    assert int(np.argmax(readings[1])) == 0
    assert readings[1].max() > readings[0].max()
