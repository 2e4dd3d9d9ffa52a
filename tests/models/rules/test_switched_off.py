"""Rules whose filter a profile has switched off, asked about its agents and about others."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import ClaimUse
from placewright.models.errors import InputError
from placewright.models.profile import Profile
from placewright.models.rules import RULES, cordon, node_affinity, resources
from placewright.models.rules.switched_off import refuse_unmodelled
from placewright.models.snapshot import Snapshot
from placewright.tests.builders import agent, node, requirement, snapshot
from placewright.tests.builders import node_affinity as terms
from placewright.tests.rule_checks import blamed, messages, open_nodes


def two(*off: str, **fields: Any) -> Snapshot:
    """One agent whose profile has these filters off, and one that is like it but for the profile."""
    profile = Profile(name="free", scheduler_name="free", off=frozenset(off))
    pair = [agent("free", scheduler_name="free", cpu=3000, **fields), agent("bound", cpu=3000, **fields)]
    return snapshot([node("n1", unschedulable=True), node("n2", cpu=4000)], pair, profiles=(profile,))


def test_a_rule_turns_only_those_away_whose_profile_has_it() -> None:
    seen = two("NodeUnschedulable")
    assert open_nodes(cordon.RULE, seen, "free") == {"n1", "n2"}
    assert open_nodes(cordon.RULE, seen, "bound") == {"n2"}


def test_a_rule_blames_only_those_whose_profile_has_it() -> None:
    seen = two("NodeResourcesFit")
    assert blamed(resources.RULE, seen, {"free": "n2", "bound": "n2"}) == {"bound"}
    assert blamed(resources.RULE, two(), {"free": "n2", "bound": "n2"}) == {"free", "bound"}


def test_who_is_not_checked_is_still_there() -> None:
    assert open_nodes(resources.RULE, two("NodeResourcesFit"), "bound", {"free": "n2"}) == {"n1"}
    assert open_nodes(resources.RULE, two("NodeResourcesFit"), "free", {"bound": "n2"}) == {"n1", "n2"}


def test_the_profile_of_the_cluster_holds_for_schedulers_without_one() -> None:
    seen = snapshot(
        [node("n1", pods=0)],
        [agent("a", scheduler_name="x")],
        profile=Profile(off=frozenset({"NodeResourcesFit"})),
    )
    assert open_nodes(resources.RULE, seen, "a") == {"n1"}


def test_rules_that_are_no_filters_of_kube_scheduler_cannot_be_switched_off() -> None:
    seen = two("NodeUnschedulable", "NodeResourcesFit")
    free = seen.agent_by_key["default/free"]
    held = {rule.name for rule in RULES if not rule.holds(seen, free)}
    assert held == {"cordon", "resources"}


def test_added_affinity_is_named_as_kube_scheduler_names_it() -> None:
    pool = terms([requirement("pool", "In", "a")])
    seen = snapshot(
        [node("n1")], [agent("a", node_selector={"x": "y"})], profile=Profile(added_affinity=pool)
    )
    assert messages(node_affinity.RULE, seen, "a") == {node_affinity.ADDED}
    plain = snapshot([node("n1")], [agent("a", node_selector={"x": "y"})])
    assert messages(node_affinity.RULE, plain, "a") == {node_affinity.OWN}


@pytest.mark.parametrize("plugin", ["VolumeBinding", "NodeVolumeLimits", "VolumeRestrictions"])
def test_volumes_cannot_be_switched_off_for_agents_with_claims(plugin: str) -> None:
    refuse_unmodelled(two(plugin))
    everyone = [agent("a", scheduler_name="free", claims=(ClaimUse("c"),))]
    profile = Profile(name="mine", scheduler_name="free", off=frozenset({plugin}))
    names = frozenset({"free"})
    with pytest.raises(InputError) as caught:
        refuse_unmodelled(snapshot([], everyone, profiles=(profile,), scheduler_names=names))
    assert str(caught.value) == (
        f"profile mine: {plugin} is switched off, which is not modelled for agents with claims, such as default/a"
    )
    refuse_unmodelled(snapshot([], [agent("b", claims=(ClaimUse("c"),))], profiles=(profile,)))
