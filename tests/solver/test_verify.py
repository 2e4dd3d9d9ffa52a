"""The verifier: nothing wrong passes, nothing right is refused, and only it makes a VerifiedPlan."""

from __future__ import annotations

import pytest

from placewright.models.plan import Binding, Level, Plan, Status
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.unplaced import LeftOut, Unplaced
from placewright.solver.verify import PLAN_RULE, Refused, VerifiedPlan, verify
from placewright.tests.builders import agent, agents, node, snapshot, spread


def plan(*bindings: tuple[str, str], unplaced: tuple[str, ...] = (), **fields: object) -> Plan:
    return Plan(
        status=Status.OPTIMAL,
        bindings=tuple(Binding(namespace="default", agent=name, node=on) for name, on in bindings),
        unplaced=tuple(Unplaced(namespace="default", agent=name) for name in unplaced),
        **fields,
    )


def refusal(cluster: Snapshot, candidate: Plan) -> list[tuple[str, str, str]]:
    verdict = verify(cluster, candidate)
    assert isinstance(verdict, Refused)
    return [(violation.rule, violation.agent, violation.message) for violation in verdict.violations]


CLUSTER = snapshot(
    [node("n1", cpu=1000), node("n2", cpu=1000)],
    [*agents("a", 3, cpu=500), agent("running", cpu=500, on="n1", uid="u1")],
)


def test_a_plan_without_fault_is_verified_and_carries_its_final_state() -> None:
    verdict = verify(CLUSTER, plan(("a-0", "n1"), ("a-1", "n2"), ("a-2", "n2")))
    assert isinstance(verdict, VerifiedPlan)
    assert set(verdict.state.agents_on("n2")) == {"default/a-1", "default/a-2"}


def test_a_verified_plan_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError, match="only verify"):
        VerifiedPlan(plan(), ClusterState(CLUSTER), object())


def test_too_much_on_a_node_names_the_rule_and_the_agents() -> None:
    found = refusal(CLUSTER, plan(("a-0", "n1"), ("a-1", "n1")))
    assert {(rule, agent_key) for rule, agent_key, _ in found} == {
        ("resources", "default/a-0"),
        ("resources", "default/a-1"),
    }


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        pytest.param(plan(("ghost", "n1")), "no such agent", id="an agent that is not in the snapshot"),
        pytest.param(plan(("a-0", "mars")), "no such node", id="a node that is not in the snapshot"),
        pytest.param(plan(("a-0", "n1"), ("a-0", "n2")), "bound 2 times", id="an agent that is bound twice"),
        pytest.param(plan(("running", "n2")), "already assigned to n1", id="an agent that runs already"),
    ],
)
def test_a_plan_that_does_not_fit_its_snapshot_is_refused(candidate: Plan, message: str) -> None:
    [(rule, _, found)] = refusal(CLUSTER, candidate)
    assert rule == PLAN_RULE
    assert message in found


LEVEL = Level(name="placed/priority=0", sense="maximize", value=2, bound=3)
TWO = (("a-0", "n2"), ("a-1", "n2"))


def test_a_plan_that_states_its_value_accounts_for_every_agent() -> None:
    [(_, agent_key, message)] = refusal(CLUSTER, plan(*TWO, levels=(LEVEL,)))
    assert (agent_key, message) == ("default/a-2", "neither bound nor unplaced")
    [(_, agent_key, message)] = refusal(CLUSTER, plan(*TWO, unplaced=("a-1", "a-2"), levels=(LEVEL,)))
    assert (agent_key, message) == ("default/a-1", "both bound and unplaced")


def test_a_namesake_in_another_namespace_accounts_for_nobody() -> None:
    namesake = LeftOut([(Unplaced(namespace="team", agent="a-2"), ("a-2",))])
    candidate = plan(*TWO, levels=(LEVEL,)).model_copy(update={"unplaced": namesake})
    [(_, agent_key, message)] = refusal(CLUSTER, candidate)
    assert (agent_key, message) == ("default/a-2", "neither bound nor unplaced")


@pytest.mark.parametrize(
    ("level", "message"),
    [
        pytest.param(LEVEL.model_copy(update={"value": 3}), "is 2, not 3", id="a value that is not so"),
        pytest.param(
            LEVEL.model_copy(update={"bound": 1}), "beyond its bound 1", id="a bound that is beaten"
        ),
        pytest.param(LEVEL.model_copy(update={"name": "luck"}), "not known", id="a level nobody knows"),
    ],
)
def test_level_values_are_recomputed(level: Level, message: str) -> None:
    [(rule, _, found)] = refusal(CLUSTER, plan(*TWO, unplaced=("a-2",), levels=(level,)))
    assert rule == PLAN_RULE
    assert message in found


def test_an_order_that_the_filters_would_refuse_is_refused_where_one_is_claimed() -> None:
    cluster = snapshot(
        [node("n1", zone="a"), node("n2", zone="b")],
        agents("a", 4, labels={"app": "a"}, spread=(spread(app="a"),)),
    )
    level = Level(name="placed/priority=0", sense="maximize", value=4, bound=4)
    crowded = plan(("a-0", "n1"), ("a-1", "n1"), ("a-2", "n2"), ("a-3", "n2"), levels=(level,))
    [(rule, agent_key, message)] = refusal(cluster, crowded)
    assert (rule, agent_key) == ("topology_spread", "default/a-1")
    assert message.startswith("out of order")
    assert isinstance(verify(cluster, crowded.model_copy(update={"sequential": False})), VerifiedPlan)
