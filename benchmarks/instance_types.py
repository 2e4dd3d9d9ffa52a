"""1,345 priced instance types of a public cloud as a catalog.

Reads the CSV file of types (capacity, allocatable, on-demand price) and writes a catalog in which every type
can be had in every zone at the same price; types without a price are left out:

    python benchmarks/instance_types.py ../shared/data/instance-types --out catalog.json --zones a b c
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FILE = "aws_us_east_1.csv"
DEFAULT = Path(__file__).parent.parent.parent / "shared" / "data" / "instance-types"
GPU, NEURON = "nvidia.com/gpu", "aws.amazon.com/neuron"
GPU_TAINT = f"{GPU}=present:NoSchedule"
_COLUMNS = {
    "cpu": "allocatable_cpu",
    "memory": "allocatable_memory",
    "ephemeral-storage": "allocatable_ephemeral",
    "pods": "allocatable_pods",
    GPU: "allocatable_nvidia_gpu",
    NEURON: "allocatable_neuron",
}


def convert(folder: Path, zones: Sequence[str], daemons: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The types as a catalog document. `daemons` as in catalogs."""
    return {
        "apiVersion": "placewright.io/v1",
        "kind": "Catalog",
        "currency": "USD",
        "zones": list(zones),
        "types": list(_types(folder / FILE)),
        "daemons": list(daemons),
    }


def _types(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["price_usd_per_hour_od_linux"]:
                yield _type(row)


def _type(row: dict[str, str]) -> dict[str, Any]:
    """Types with GPUs repel whatever does not ask for one, as is usual."""
    allocatable = {name: row[column] for name, column in _COLUMNS.items() if row[column]}
    gpu = {"taints": [GPU_TAINT]} if GPU in allocatable else {}
    return {
        "name": row["instance_type"],
        "price": row["price_usd_per_hour_od_linux"],
        "allocatable": allocatable | {"pods": int(allocatable["pods"])},
        "labels": {"kubernetes.io/arch": row["arch"], "node.example.com/category": row["category"]},
        **gpu,
    }


def main() -> None:
    """Convert, and write it down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT, help="where the CSV file is")
    parser.add_argument("--out", type=Path, required=True, help="write the catalog here")
    parser.add_argument("--zones", nargs="*", default=["a", "b", "c"])
    arguments = parser.parse_args()
    document = convert(arguments.folder, arguments.zones)
    arguments.out.write_text(json.dumps(document, indent=1), encoding="utf-8")
    print(f"{len(document['types'])} types in {len(arguments.zones)} zones")


if __name__ == "__main__":
    main()
