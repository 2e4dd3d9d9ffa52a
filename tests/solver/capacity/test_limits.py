"""What there is only so much of: types with a most, spot nodes with a most of interruptions."""

from __future__ import annotations

from typing import Any

from placewright.models.catalog import Catalog
from placewright.models.ingest.catalog import read_catalog
from placewright.models.snapshot import Snapshot
from placewright.solver.capacity.answer import Answer, answer
from placewright.solver.capacity.question import ask
from placewright.solver.settings import Settings
from placewright.tests.builders import agents, snapshot


def catalog(*types: dict[str, Any], **fields: Any) -> Catalog:
    return read_catalog({"kind": "Catalog", "types": list(types), **fields}).catalog


def bought(cluster: Snapshot, offers: Catalog) -> tuple[dict[str, int], Answer]:
    """Offering -> count, and the answer."""
    made = answer(
        ask(cluster, offers, from_scratch=True, daemons=offers.daemons), Settings(time_limit=10.0, workers=1)
    )
    assert isinstance(made, Answer)
    return {f"{line.type}{'-spot' * line.spot}": line.count for line in made.document.nodes}, made


CHEAP = {"name": "cheap", "price": 1, "allocatable": {"cpu": 1}}
DEAR = {"name": "dear", "price": 3, "allocatable": {"cpu": 1}}


def test_of_a_type_no_more_is_bought_than_there_is() -> None:
    lines, made = bought(snapshot([], agents("a", 3, cpu=1000)), catalog({**CHEAP, "max": 2}, DEAR))
    assert lines == {"cheap": 2, "dear": 1}
    assert (made.document.cost, made.document.bound) == ("5", "5")


def test_a_most_holds_in_all_zones_together() -> None:
    offers = catalog({**CHEAP, "max": 1, "zones": ["a", "b"]}, {**DEAR, "zones": ["a"]})
    lines, _ = bought(snapshot([], agents("a", 2, cpu=1000)), offers)
    assert lines == {"cheap": 1, "dear": 1}


def test_spot_nodes_stay_within_the_interruptions_that_are_allowed() -> None:
    spot = {**DEAR, "spot": {"price": 1, "interruptionRisk": "0.4"}}
    lines, _ = bought(snapshot([], agents("a", 3, cpu=1000)), catalog(spot, mostInterruptions="1"))
    assert lines == {"dear": 1, "dear-spot": 2}


def test_who_finds_nothing_left_to_buy_is_unplaced_and_nothing_is_called_proven_by_the_program() -> None:
    lines, made = bought(snapshot([], agents("a", 3, cpu=1000)), catalog({**CHEAP, "max": 2}))
    assert lines == {"cheap": 2}
    assert (made.document.placed, len(made.document.unplaced)) == (2, 1)


def test_daemons_take_their_part_of_every_node_they_may_go_to() -> None:
    daemons = [{"name": "log", "requests": {"cpu": "100m"}}]
    big = {"name": "big", "price": 5, "allocatable": {"cpu": 2}}
    lines, made = bought(snapshot([], agents("a", 2, cpu=950)), catalog(CHEAP, big, daemons=daemons))
    assert lines == {"big": 1}
    assert {a.name for a in made.verified.snapshot.residents} == {"log-big-0"}
