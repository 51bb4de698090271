from core.inference.speed import LAST_ANSWERS, Meter


def test_speed_is_all_tokens_by_all_seconds() -> None:
    meter = Meter()
    meter.add(100, 1.0)
    meter.add(100, 3.0)
    assert meter.tokens_per_second == 50


def test_there_is_no_speed_before_the_first_answer() -> None:
    meter = Meter()
    meter.add(0, 1.0)
    meter.add(5, 0.0)
    assert meter.tokens_per_second is None


def test_old_answers_are_forgotten() -> None:
    meter = Meter()
    meter.add(1, 1000.0)
    for _ in range(LAST_ANSWERS):
        meter.add(10, 1.0)
    assert meter.tokens_per_second == 10
