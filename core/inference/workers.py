"""Runs parts of networks' work side by side: a worker for each core, in which PyTorch computes with one thread.

Threads that share a product wait for each other after each one, dozens of times in a batch, and longest while the chat
model computes beside them. Whole batches side by side have nothing to wait for: benchmarks/README.md, "Embedding".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

from core.inference.cpu import physical_cores, prepare_torch

Part = TypeVar("Part")
Result = TypeVar("Result")


@cache
def worker_count() -> int:
    """Give how many parts run at a time."""
    return physical_cores()


def side_by_side(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """Do the work of all parts and give what came of each, in order. Raises what the first failed part raised.

    Of one caller no more parts are under way than there are workers, so that another one's next part waits for one
    part of each and not for all of them.
    """
    pool = _pool()
    futures: list[Future[Result]] = []
    under_way: set[Future[Result]] = set()
    try:
        for part in parts:
            if len(under_way) >= worker_count():
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                if any(future.exception() for future in done):
                    break
            futures.append(pool.submit(work, part))
            under_way.add(futures[-1])
        return [future.result() for future in futures]
    finally:
        for future in under_way:
            future.cancel()


def in_worker(work: Callable[[], Result]) -> Result:
    """Do one piece of work in a worker and give what came of it. Raises what it raises.

    What PyTorch does anywhere else starts threads of OpenMP there. With more of them than cores, also at rest, GNU's
    OpenMP lets all threads sleep at every barrier, and the chat model writes at two thirds of its speed.
    """
    return _pool().submit(work).result()


def use_every_core() -> None:
    """Let PyTorch compute with a thread for each core in the thread that calls: workers have set it to one for all."""
    import torch

    torch.set_num_threads(physical_cores())


@cache
def _pool() -> ThreadPoolExecutor:
    prepare_torch()
    return ThreadPoolExecutor(worker_count(), thread_name_prefix="network", initializer=_compute_alone)


def _compute_alone() -> None:
    import torch

    torch.set_num_threads(1)
