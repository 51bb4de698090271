"""How the index of embeddings is read: how widely it is searched for the recall that is wanted."""

from __future__ import annotations

import math

# pgvector's own limit of hnsw.ef_search.
_WIDEST = 1000
# By recall@10: the smallest hnsw.ef_search that reached it, at so many chunks; the widest there is where none did.
# Each building of an index makes another one, so that recall differs by a point or two.
_MEASURED = {
    0.95: ((10_000, 50), (50_000, 60), (100_000, 80), (1_000_000, 600)),
    0.98: ((10_000, 60), (50_000, 100), (100_000, 150), (1_000_000, 1_000)),
}


def ef_search(chunks: int, recall: float) -> int:
    """Give the hnsw.ef_search with which the 10 nearest of so many chunks are found to that share on average.

    recall: the next higher one of the table is taken; above its last one, the widest search. Between the measured
    sizes, and beyond them, it grows with the logarithm of the number of chunks. The table is what
    `benchmarks/bench_search.py` measured for questions over a handbook (README.md there, "Search at size"): halfvec,
    384 dimensions, pgvector's default m and ef_construction.
    """
    measured = next((_MEASURED[level] for level in sorted(_MEASURED) if level >= recall), None)
    if measured is None:
        return _WIDEST
    sizes = [size for size, _ in measured]
    place = min(max(sum(size < chunks for size in sizes), 1), len(sizes) - 1)
    (low, narrow), (high, wide) = measured[place - 1], measured[place]
    share = math.log(max(chunks, low) / low) / math.log(high / low)
    return min(math.ceil(narrow + share * (wide - narrow)), _WIDEST)
