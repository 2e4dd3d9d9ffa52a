"""Options of commands that move running agents: who may, how far, and how many at once."""

from __future__ import annotations

from typing import Annotated

from placewright.cli_options import flag, option
from placewright.models.errors import UsageError
from placewright.models.movable import Discipline, MovePolicy, is_moment
from placewright.models.move_cost import Pricing
from placewright.models.rebalance_options import Limits, RebalanceOptions
from placewright.solver.settings import parse_seconds

MOVING, WAVES = "What may move", "Waves"


def moving_options(
    max_moves: Annotated[
        int | None,
        option("--max-moves", MOVING, "So many moves at most.", metavar="N", min=0, show_default=False),
    ] = None,
    max_disruption: Annotated[
        int | None,
        option(
            "--max-disruption",
            MOVING,
            "Moves cost so much at most; 100 is one small agent.",
            metavar="COST",
            min=0,
            show_default=False,
        ),
    ] = None,
    move_cost: Annotated[
        Pricing, option("--move-cost", MOVING, "By size, state, priority and age; or all the same.")
    ] = Pricing.WEIGHTED,
    min_age: Annotated[
        str, option("--min-age", MOVING, "Agents that started more recently stay.", metavar="TIME")
    ] = "5m",
    now: Annotated[
        str,
        option(
            "--now",
            MOVING,
            "The moment that ages are counted to; else the latest in the input.",
            metavar="RFC3339",
            show_default=False,
        ),
    ] = "",
    move_local_storage: Annotated[
        bool,
        flag("--move-local-storage", MOVING, "Agents with an emptyDir or hostPath may move and lose it."),
    ] = False,
    discipline: Annotated[
        Discipline, option("--discipline", WAVES, "surge: where it can be, the replacement runs first.")
    ] = Discipline.EVICT_THEN_BIND,
    max_parallel: Annotated[
        int, option("--max-parallel", WAVES, "Moves in one wave at most; 0: no limit.", metavar="N", min=0)
    ] = 0,
    max_per_node: Annotated[
        int, option("--max-per-node", WAVES, "The same for each node.", metavar="N", min=0)
    ] = 0,
    max_per_namespace: Annotated[
        int, option("--max-per-namespace", WAVES, "The same for each namespace.", metavar="N", min=0)
    ] = 0,
    max_per_zone: Annotated[
        int, option("--max-per-zone", WAVES, "The same for each zone.", metavar="N", min=0)
    ] = 0,
    max_per_workload: Annotated[
        int,
        option(
            "--max-per-workload",
            WAVES,
            "Percent of a controller's agents that may be away at once, one at least; 0: no limit.",
            metavar="PERCENT",
            min=0,
            max=100,
        ),
    ] = 25,
) -> RebalanceOptions:
    """What these options stand for; the rest of a rebalance's options is as it is by itself."""
    if now and not is_moment(now):
        raise UsageError(f"expected a moment such as 2026-01-31T12:00:00Z, found {now!r}", field="--now")
    return RebalanceOptions(
        policy=MovePolicy(int(parse_seconds(min_age, "--min-age")), now, move_local_storage, discipline),
        pricing=move_cost,
        limits=Limits(max_parallel, max_per_node, max_per_namespace, max_per_zone, max_per_workload),
        max_moves=max_moves,
        max_disruption=max_disruption,
    )
