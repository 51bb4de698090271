import pytest

from core.storage.vector_index import ef_search


def test_more_chunks_and_a_higher_recall_are_searched_more_widely() -> None:
    for recall in (0.95, 0.98):
        widths = [ef_search(chunks, recall) for chunks in (1, 10_000, 30_000, 100_000, 1_000_000, 10**9)]
        assert widths == sorted(widths)
        assert 0 < widths[0] < widths[-1] <= 1000
    for chunks in (100, 50_000, 1_000_000):
        assert ef_search(chunks, 0.95) < ef_search(chunks, 0.98)


def test_between_two_measured_recalls_the_higher_one_is_aimed_at() -> None:
    assert ef_search(100_000, 0.96) == ef_search(100_000, 0.98)


@pytest.mark.parametrize("chunks", [0, 50, 10**6])
def test_more_recall_than_was_ever_measured_is_searched_as_widely_as_it_goes(chunks: int) -> None:
    assert ef_search(chunks, 0.9999) == 1000


def test_an_empty_index_has_a_width_too() -> None:
    assert ef_search(0, 0.95) == ef_search(10_000, 0.95)


def test_a_million_chunks_are_searched_as_widely_as_was_measured() -> None:
    assert ef_search(1_000_000, 0.95) == 600, "400 found .943 of the nearest, 600 found .959"
    assert ef_search(1_000_000, 0.98) == 1000, ".976: it goes no wider"
