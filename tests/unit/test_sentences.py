from core.ingestion.sentences import split_sentences


def test_sentences_end_at_a_stop_before_a_capital() -> None:
    assert split_sentences("Ask Ana. She knows! Does she? Yes.") == ["Ask Ana.", "She knows!", "Does she?", "Yes."]


def test_abbreviations_initials_and_numbers_do_not_end_a_sentence() -> None:
    text = "Bring snacks, e.g. Apples, to J. Smith at 3.5 km. Then rest."
    assert split_sentences(text) == ["Bring snacks, e.g. Apples, to J. Smith at 3.5 km.", "Then rest."]


def test_no_word_is_lost() -> None:
    text = "One (see [A](http://x.y/z.html)). “Two.” 3. Three… Four"
    assert " ".join(split_sentences(text)).split() == text.split()
