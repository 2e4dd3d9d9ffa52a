"""Options of commands that move running agents: who may, how far, and how many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from placewright.cli_options import flag, option
from placewright.models.errors import UsageError
from placewright.models.movable import Discipline, MovePolicy, is_moment
from placewright.models.move_cost import Pricing, Surcharges
from placewright.models.reading.display import nearest
from placewright.models.rebalance_options import Limits, RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.settings import parse_seconds

MOVING, WAVES = "What may move", "Waves"
MOST = 1_000_000_000
"""The largest limit that can be asked for; larger ones could not be reckoned with."""


MaxMoves = Annotated[
    int | None,
    option(
        "--max-moves",
        MOVING,
        "So many moves at most.",
        metavar="N",
        min=0,
        max=MOST,
        show_default=False,
    ),
]
MaxDisruption = Annotated[
    int | None,
    option(
        "--max-disruption",
        MOVING,
        "Moves cost so much at most; 100 is one small agent.",
        metavar="COST",
        min=0,
        max=MOST,
        show_default=False,
    ),
]
MoveCost = Annotated[
    Pricing,
    option(
        "--move-cost",
        MOVING,
        "By size, state, priority and age; all the same; or by the agent's own weight alone.",
    ),
]
MoveDistance = Annotated[
    list[str] | None,
    option(
        "--move-distance",
        MOVING,
        "What leaving a domain of this node label costs each agent that moves; may be repeated.",
        metavar="KEY=COST",
        show_default=False,
    ),
]
MostMoved = Annotated[
    int,
    option(
        "--most-moved",
        MOVING,
        "What each move costs of the controller of which most agents move.",
        metavar="COST",
        min=0,
        max=1_000_000,
    ),
]
MinAge = Annotated[
    str, option("--min-age", MOVING, "Agents that started more recently stay.", metavar="TIME")
]
Now = Annotated[
    str,
    option(
        "--now",
        MOVING,
        "The moment that ages are counted to; else the latest in the input.",
        metavar="RFC3339",
        show_default=False,
    ),
]
MoveLocalStorage = Annotated[
    bool,
    flag("--move-local-storage", MOVING, "Agents with an emptyDir or hostPath may move and lose it."),
]
How = Annotated[
    Discipline,
    option(
        "--discipline",
        WAVES,
        "surge: where it can be, the replacement runs first. at-once: one step, no waves.",
    ),
]
Double = Annotated[
    list[str] | None,
    option(
        "--double",
        WAVES,
        "With at-once: who moves uses this resource on both nodes; may be repeated.",
        metavar="RESOURCE",
        show_default=False,
    ),
]
MaxParallel = Annotated[
    int, option("--max-parallel", WAVES, "Moves in one wave at most; 0: no limit.", metavar="N", min=0)
]
MaxPerNode = Annotated[int, option("--max-per-node", WAVES, "The same for each node.", metavar="N", min=0)]
MaxPerNamespace = Annotated[
    int, option("--max-per-namespace", WAVES, "The same for each namespace.", metavar="N", min=0)
]
MaxPerZone = Annotated[int, option("--max-per-zone", WAVES, "The same for each zone.", metavar="N", min=0)]
MaxPerWorkload = Annotated[
    int,
    option(
        "--max-per-workload",
        WAVES,
        "Percent of a controller's agents that may be away at once, one at least; 0: no limit.",
        metavar="PERCENT",
        min=0,
        max=100,
    ),
]


def moving_options(
    max_moves: MaxMoves = None,
    max_disruption: MaxDisruption = None,
    move_cost: MoveCost = Pricing.WEIGHTED,
    move_distance: MoveDistance = None,
    most_moved: MostMoved = 0,
    min_age: MinAge = "5m",
    now: Now = "",
    move_local_storage: MoveLocalStorage = False,
    discipline: How = Discipline.EVICT_THEN_BIND,
    double: Double = None,
    max_parallel: MaxParallel = 0,
    max_per_node: MaxPerNode = 0,
    max_per_namespace: MaxPerNamespace = 0,
    max_per_zone: MaxPerZone = 0,
    max_per_workload: MaxPerWorkload = 25,
) -> RebalanceOptions:
    """What these options stand for; the rest of a rebalance's options is as it is by itself."""
    if now and not is_moment(now):
        raise UsageError(f"expected a moment such as 2026-01-31T12:00:00Z, found {now!r}", field="--now")
    if double and discipline is not Discipline.AT_ONCE:
        raise UsageError("waves count everything twice: it is for --discipline at-once", field="--double")
    age = int(parse_seconds(min_age, "--min-age"))
    return RebalanceOptions(
        policy=MovePolicy(age, now, move_local_storage, discipline, tuple(double or ())),
        pricing=move_cost,
        surcharges=Surcharges(_distances(move_distance or ()), most_moved),
        limits=Limits(max_parallel, max_per_node, max_per_namespace, max_per_zone, max_per_workload),
        max_moves=max_moves,
        max_disruption=max_disruption,
    )


def _distances(texts: Sequence[str]) -> dict[str, int]:
    """`topology.kubernetes.io/zone=50`, once for each key. Raises UsageError."""
    found: dict[str, int] = {}
    for text in texts:
        key, _, cost = text.rpartition("=")
        if not key or key in found or not (cost.isascii() and cost.isdigit() and len(cost) < 7):
            raise UsageError(f"expected KEY=COST, each key once, found {text!r}", field="--move-distance")
        found[key] = int(cost)
    return found


def refuse_unknown(options: RebalanceOptions, snapshot: Snapshot) -> None:
    """Refuse labels and resources that no node has: they would say nothing. Raises UsageError."""
    labels = {key for node in snapshot.nodes for key in node.labels}
    for key in options.surcharges.distance:
        if key not in labels:
            raise UsageError(f"no node has a label {key}{nearest(key, labels)}", field="--move-distance")
    resources = resources_of(snapshot)
    for name in options.policy.double:
        if name not in resources:
            raise lacking(name, resources, "--double")


def resources_of(snapshot: Snapshot) -> set[str]:
    """The resources that nodes list, of some of which they may have none."""
    return {name for node in snapshot.nodes for name in node.allocatable}


def lacking(name: str, known: Iterable[str], option: str) -> UsageError:
    """What is said of a resource that no node has, where nodes have those that are known."""
    return UsageError(f"no node has any {name}{nearest(name, known)}", field=option)
