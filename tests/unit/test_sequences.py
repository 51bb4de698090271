"""Which tokens a chat model's cache holds, and what a new prompt finds of itself in it."""

from core.inference.sequences import Placement, Sequences

SYSTEM = list(range(100, 120))


def filled(sequences: Sequences, prompt: list[int], *, done: bool = True) -> Placement:
    """Place a prompt, read all of it, and end it."""
    place = sequences.place(prompt)
    assert place is not None
    held = sequences.held(place.sequence)
    assert held == prompt[: place.known]
    held += prompt[place.known :]
    if done:
        sequences.release(place.sequence)
    return place


def test_a_prompt_begins_with_what_another_one_has_in_common_with_it() -> None:
    sequences = Sequences(3)
    first = filled(sequences, [*SYSTEM, 10, 11], done=False)
    assert sequences.place([*SYSTEM, 20]) == Placement(sequence=1, source=first.sequence, known=len(SYSTEM))
    assert sequences.held(1) == SYSTEM


def test_a_few_tokens_in_common_are_not_worth_a_copy() -> None:
    sequences = Sequences(2)
    filled(sequences, [1, 2, 3, 10], done=False)
    assert sequences.place([1, 2, 3, 20]) == Placement(sequence=1, source=1, known=0)


def test_a_conversation_goes_on_where_it_stopped() -> None:
    sequences = Sequences(4)
    filled(sequences, [*SYSTEM, 10, 11])
    talk = filled(sequences, [*SYSTEM, 20])
    filled(sequences, [*SYSTEM, 30, 31])
    assert sequences.place([*SYSTEM, 20, 21, 22]) == Placement(talk.sequence, talk.sequence, len(SYSTEM) + 1)


def test_the_sequence_that_was_not_used_for_longest_is_taken() -> None:
    sequences = Sequences(2)
    old, young = filled(sequences, [*SYSTEM, 10]), filled(sequences, [*SYSTEM, 20])
    assert filled(sequences, [*SYSTEM, 30]).sequence == old.sequence
    assert filled(sequences, [*SYSTEM, 40]).sequence == young.sequence


def test_the_last_token_of_a_prompt_is_read_also_when_it_is_held() -> None:
    sequences = Sequences(2)
    filled(sequences, SYSTEM)
    place = sequences.place(SYSTEM)
    assert place is not None
    assert place.known == len(SYSTEM) - 1


def test_there_is_no_place_while_all_are_in_use() -> None:
    sequences = Sequences(2)
    first, _ = filled(sequences, SYSTEM, done=False), filled(sequences, SYSTEM, done=False)
    assert sequences.place(SYSTEM) is None
    sequences.release(first.sequence)
    assert filled(sequences, SYSTEM).sequence == first.sequence


def test_after_clearing_nothing_is_held_and_nothing_in_use() -> None:
    sequences = Sequences(1)
    filled(sequences, SYSTEM, done=False)
    sequences.clear()
    assert sequences.place(SYSTEM) == Placement(0, 0, 0)
