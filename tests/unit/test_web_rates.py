"""How often something may be done."""

from __future__ import annotations

from bot.platforms.web.rates import Rate


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_so_many_times_within_any_such_time_and_the_wait_is_told() -> None:
    clock = Clock()
    rate = Rate(2, 60.0, clock)
    assert rate.take("a") == 0
    clock.now += 30
    assert rate.take("a") == 0
    assert rate.take("a") == 30
    clock.now += 29.5
    assert rate.take("a") == 1
    clock.now += 0.5
    assert rate.take("a") == 0
    assert rate.take("a") == 30


def test_names_do_not_count_against_each_other() -> None:
    rate = Rate(1, 60.0, Clock())
    assert [rate.take(name) for name in ("a", "b", "a")] == [0, 0, 60]


def test_what_is_refused_does_not_make_the_wait_longer() -> None:
    clock = Clock()
    rate = Rate(1, 10.0, clock)
    rate.take("a")
    for _ in range(5):
        clock.now += 1
        rate.take("a")
    clock.now += 5
    assert rate.take("a") == 0
