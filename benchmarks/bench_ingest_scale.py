"""Measures how time and memory grow with the number of documents, up to 10,000 generated ones of 100 MB.

Each number of documents goes into a database of its own, then once more with nothing changed. See README.md,
"Ingesting".
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.generated_handbook import write_handbook
from benchmarks.ingest_pictures import growth_picture
from benchmarks.ingest_runs import Server, docent_ingest, server
from benchmarks.ingest_tables import Growth, growth_table
from benchmarks.machine import busy, machine, versions

SIZES = (1_000, 3_000, 10_000)


def measure(postgres: Server, documents: int, kilobytes: float, seed: int) -> Growth:
    """Generate that many documents and ingest them twice."""
    with tempfile.TemporaryDirectory(prefix="bench-docs-") as place, postgres.database(f"docs_{documents}") as url:
        folder = Path(place)
        print(f"generating {documents:,} documents", file=sys.stderr, flush=True)
        size = write_handbook(folder, documents, round(kilobytes * 1000), seed)
        print("ingesting them", file=sys.stderr, flush=True)
        first = docent_ingest(postgres, url, folder)
        print("ingesting them again", file=sys.stderr, flush=True)
        again = docent_ingest(postgres, url, folder)
    if first.output["failed"] or again.output["unchanged"] != documents:
        sys.exit(f"Of {documents} documents {again.output['unchanged']} are in; failed: {first.output['failed'][:3]}")
    measured = Growth(
        documents=documents,
        bytes=size,
        chunks=first.output["chunks_embedded"] + first.output["chunks_kept"],
        seconds=first.seconds,
        memory=first.memory,
        postgres=first.postgres,
        again=again.seconds,
        again_memory=again.memory,
    )
    print(json.dumps(asdict(measured)), file=sys.stderr, flush=True)  # hours of work, whatever comes next
    return measured


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Ingest generated handbooks of growing size.")
    parser.add_argument("documents", type=int, nargs="*", default=SIZES, metavar="N", help="how many (1000 3000 10000)")
    parser.add_argument("--kilobytes", type=float, default=10.0, metavar="N", help="of a document on average (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the generator (0)")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the curves")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    if min(options.documents) < 1 or options.kilobytes <= 0:
        parser.error("N is at least 1, and --kilobytes above 0")
    return options


def main() -> None:
    """Measure and print."""
    options = arguments()
    before = busy()
    with server() as postgres:
        measure(postgres, 1, options.kilobytes, options.seed)  # unmeasured: packages and model come into the cache
        rows = [measure(postgres, number, options.kilobytes, options.seed) for number in sorted(set(options.documents))]
        conditions = {
            "machine": machine(),
            "busy": f"{before} at the beginning, {busy()} at the end",
            "postgres": postgres.version(),
            "versions": ", ".join(f"{name} {number}" for name, number in versions(("torch", "psycopg")).items()),
        }
    if options.picture:
        options.picture.write_text(growth_picture(rows, conditions), encoding="utf-8")
    if options.json:
        print(json.dumps({"conditions": conditions, "sizes": [asdict(row) for row in rows]}, indent=2))
        return
    print("\n".join(f"{name}: {words}" for name, words in conditions.items()))
    print(f"\n{growth_table(rows)}")


if __name__ == "__main__":
    main()
