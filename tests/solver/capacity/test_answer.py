"""The whole line for buying: what is bought, what it costs, whom it places, and what is claimed of it."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.plan import Status
from placewright.models.quantity import parse_quantity
from placewright.solver.capacity import answer as module
from placewright.solver.capacity.answer import Answer, answer, concluded
from placewright.solver.capacity.buy import buy
from placewright.solver.capacity.less import one_less
from placewright.solver.capacity.realise import Purchase
from placewright.solver.clock import Deadline, Phases
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan, verify
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, taint
from placewright.tests.solver.capacity.questions import kind, question
from placewright.tests.solver.capacity.tiny_catalogs import tiny_question

SETTINGS = Settings(time_limit=20.0, workers=1, deterministic=True)
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)


def bought(pending: list[Agent], *types: dict[str, Any], **fields: Any) -> Answer:
    made = answer(question(pending, *types, **fields), SETTINGS)
    assert isinstance(made, Answer)
    return made


def silent(said: str) -> None:
    """Nobody is told."""


def lines(made: Answer) -> list[tuple[str, str, bool, int]]:
    return [(line.type, line.zone, line.spot, line.count) for line in made.document.nodes]


def test_what_is_bought_is_listed_by_type_and_zone_in_the_catalogs_order() -> None:
    apart = agents("w", 3, cpu=500, labels={"app": "w"}, anti_affinity=(near(HOSTNAME, app="w"),))
    wide = agents("b", 2, cpu=3500)
    made = bought([*apart, *wide], BIG, {**SMALL, "zones": ["a", "b"]})
    assert sum(count for *_, count in lines(made)) == len(made.nodes) == 3
    assert lines(made)[0] == ("big", "", False, 2)
    assert {name for name, *_ in lines(made)[1:]} == {"small"}
    assert (made.document.cost, made.document.status) == ("23", Status.OPTIMAL)


def test_the_plan_is_for_the_cluster_with_what_was_bought() -> None:
    made = bought(agents("a", 3, cpu=1000), SMALL, BIG, nodes=[node("there", cpu=1000)])
    cluster = made.verified.snapshot
    assert {n.name for n in cluster.nodes} == {"there", *(n.name for n in made.nodes)}
    assert isinstance(verify(cluster, made.verified.plan), VerifiedPlan)
    assert (made.document.wanted, made.document.placed) == (3, 3)


@pytest.mark.parametrize("nodes", [(), (node("there"),)], ids=["nowhere", "beside a node"])
def test_where_nobody_waits_nothing_is_bought_and_nothing_is_cheaper(nodes: tuple[Node, ...]) -> None:
    """It ended with a fault: of no groups there is no largest share."""
    running = [agent("r", on=n.name, cpu=1000) for n in nodes]
    made = bought(running, SMALL, nodes=nodes)
    assert (made.document.cost, made.document.bound, made.document.gap) == ("0", "0", 0.0)
    assert (made.nodes, made.document.status, made.document.wanted) == ((), Status.OPTIMAL, 0)


def test_whom_no_type_holds_stays_unplaced_with_the_reason() -> None:
    made = bought([*agents("a", 2, cpu=1000), agent("huge", cpu=9000)], SMALL, BIG)
    assert [u.agent for u in made.document.unplaced] == ["huge"]
    assert (made.document.wanted, made.document.placed, made.document.cost) == (3, 2, "6")


def test_a_month_has_seven_hundred_and_thirty_hours() -> None:
    made = bought([agent("a", cpu=1000)], SMALL)
    assert parse_quantity(made.document.cost_per_month) == 730 * parse_quantity(made.document.cost)


def test_what_each_line_costs_adds_up_to_the_whole() -> None:
    made = bought(agents("a", 9, cpu=1000), SMALL, BIG)
    assert sum(parse_quantity(line.cost) for line in made.document.nodes) == parse_quantity(
        made.document.cost
    )
    for line in made.document.nodes:
        assert line.count * parse_quantity(line.price) == parse_quantity(line.cost)


def test_with_one_less_somebody_has_no_place() -> None:
    made = bought(agents("a", 5, cpu=1000), SMALL, BIG)
    assert {change.unplaced > 0 for change in made.document.one_less} == {True}
    assert {change.type for change in made.document.one_less} == {"small", "big"}


def test_where_time_did_not_suffice_to_try_one_less_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "one_less", lambda *args: replace(one_less(*args), complete=False))
    assert any("one less" in note for note in bought([agent("a", cpu=1000)], SMALL).document.notes)
    assert not any("one less" in note for note in bought([], SMALL).document.notes)


def test_a_plan_that_does_not_verify_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    made = bought([agent("a", cpu=1000)], SMALL)
    refused = Refused(made.verified.plan, ())
    monkeypatch.setattr(module, "place", lambda *_, **__: refused)
    assert answer(question([agent("a", cpu=1000)], SMALL), SETTINGS) is refused


def test_buying_more_of_a_type_than_there_is_is_a_fault() -> None:
    asked = question([agent("a", cpu=1000)], {**SMALL, "max": 1}, BIG)
    found = buy(asked, SETTINGS, Phases(), silent)
    assert [n.name for n in found.purchase.nodes] == ["small-0"]
    [kind_of_it] = found.purchase.kinds
    second = replace(found.purchase.nodes[0], name="small-1")
    over = Purchase((*found.purchase.nodes, second), (kind_of_it, kind_of_it), found.purchase.start)
    with pytest.raises(AssertionError, match="more was bought than can be had"):
        concluded(asked, replace(found, purchase=over), (), SETTINGS, Deadline(9.0), Phases(), silent)


def test_the_clock_is_no_part_of_an_answer_that_must_be_the_same_each_time() -> None:
    asked = question(agents("a", 3, cpu=1000), SMALL, BIG)
    assert bought(agents("a", 3, cpu=1000), SMALL, BIG).document.timing == {}
    timed = answer(asked, replace(SETTINGS, deterministic=False))
    assert isinstance(timed, Answer)
    assert {"place", "one less"} <= timed.document.timing.keys()


def test_the_order_of_agents_and_of_what_is_on_offer_is_no_matter() -> None:
    for seed in (1, 5):
        asked = tiny_question(Random(seed), from_scratch=True)
        rng = Random(seed)
        shuffled = replace(
            asked,
            snapshot=replace(
                asked.snapshot, agents=tuple(rng.sample(asked.snapshot.agents, len(asked.snapshot.agents)))
            ),
            catalog=replace(
                asked.catalog,
                offerings=tuple(rng.sample(asked.catalog.offerings, len(asked.catalog.offerings))),
            ),
        )
        one, other = answer(asked, SETTINGS), answer(shuffled, SETTINGS)
        assert isinstance(one, Answer)
        assert isinstance(other, Answer)
        assert (one.document.cost, one.document.placed) == (other.document.cost, other.document.placed)


def test_nobody_goes_to_a_type_whose_taint_it_does_not_tolerate() -> None:
    asked = question([agent("a", cpu=1000)], SMALL)
    [offering] = asked.catalog.offerings
    tainted = replace(asked.catalog, offerings=(replace(offering, taints=(taint("gpu", "yes"),)),))
    made = answer(replace(asked, catalog=tainted), SETTINGS)
    assert isinstance(made, Answer)
    assert (made.nodes, made.document.placed) == ((), 0)
