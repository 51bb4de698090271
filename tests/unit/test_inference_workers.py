import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core.inference import bert, reader
from core.inference.bert import BertEncoder
from core.inference.model_files import BUNDLED_EMBEDDER, BUNDLED_READER
from core.inference.reader import EvidenceReader
from core.inference.workers import in_worker, side_by_side, use_every_core, worker_count


def test_what_came_of_each_part_is_given_in_order() -> None:
    assert side_by_side(lambda part: part * part, range(20)) == [part * part for part in range(20)]
    assert side_by_side(lambda part: part, []) == []


def test_parts_run_at_the_same_time() -> None:
    together = threading.Barrier(worker_count())
    assert side_by_side(lambda part: together.wait(timeout=60) >= 0, range(worker_count())) == [True] * worker_count()


def test_a_part_that_fails_ends_the_work() -> None:
    begun: list[int] = []

    def work(part: int) -> None:
        begun.append(part)
        if part == 1:
            raise ValueError(part)

    with pytest.raises(ValueError, match="1"):
        side_by_side(work, range(1000))
    assert len(begun) < 1000


def test_a_caller_with_many_parts_does_not_hold_up_another() -> None:
    order: list[str] = []
    has_begun = threading.Event()

    def work(name: str) -> None:
        order.append(name)
        has_begun.set()

    def slowly(name: str) -> None:
        work(name)
        may_go_on.acquire(timeout=60)

    may_go_on = threading.Semaphore(0)
    many = threading.Thread(target=side_by_side, args=(slowly, ["many"] * 100))
    many.start()
    assert has_begun.wait(60)
    few = threading.Thread(target=side_by_side, args=(work, ["few"]))
    few.start()
    for _ in range(100):
        may_go_on.release()
        few.join(0.05)
    many.join()
    few.join()
    assert order.index("few") <= 3 * worker_count()
    assert order.count("many") == 100


def test_one_piece_of_work_is_done_in_a_worker() -> None:
    assert in_worker(lambda: (torch.get_num_threads(), threading.current_thread().name[:7])) == (1, "network")
    with pytest.raises(ZeroDivisionError):
        in_worker(lambda: 1 / 0)


def test_weights_are_loaded_in_a_worker_so_that_no_other_thread_starts_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def noted(load: Callable[..., object]) -> Callable[..., object]:
        def run(*places: Path) -> object:
            names.append(threading.current_thread().name[:7])
            return load(*places)

        return run

    monkeypatch.setattr(bert, "load_network", noted(bert.load_network))
    monkeypatch.setattr(reader, "load_reader_network", noted(reader.load_reader_network))
    folder = BUNDLED_EMBEDDER.path.parent
    BertEncoder(folder)
    EvidenceReader(BUNDLED_READER, folder).load()
    assert names == ["network", "network"]


def test_a_worker_computes_with_one_thread_and_others_with_all_when_they_say_so() -> None:
    assert side_by_side(lambda _: torch.get_num_threads(), range(3)) == [1, 1, 1]
    use_every_core()
    assert torch.get_num_threads() == worker_count()
    assert side_by_side(lambda _: torch.get_num_threads(), range(3)) == [1, 1, 1]
