from core.inference.bert import BATCH_TOKENS, batches


def test_every_text_is_in_one_batch_and_batches_hold_similar_lengths() -> None:
    lengths = [5, 400, 7, 256, 256, 256, 256, 3, *[10] * 300]
    found = list(batches(lengths))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    longest = [lengths[index] for batch in found for index in batch]
    assert longest == sorted(longest, reverse=True)
    assert all(len(batch) * max(lengths[index] for index in batch) <= BATCH_TOKENS for batch in found)
    assert len(found) < 8


def test_there_are_as_many_batches_as_run_at_a_time_where_there_are_texts_enough() -> None:
    assert [len(batch) for batch in batches([50] * 8, 2)] == [4, 4]
    assert [len(batch) for batch in batches([50] * 8, 4)] == [2, 2, 2, 2]
    assert list(batches([50], 4)) == [[0]]
    assert len(list(batches([50] * 100, 2))) == 5


def test_a_text_longer_than_a_batch_is_alone() -> None:
    assert list(batches([1, 3 * BATCH_TOKENS])) == [[1], [0]]
    assert list(batches([])) == []
