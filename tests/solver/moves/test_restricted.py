"""Who has to be asked about one by one: whom anything but amounts and `admits` can turn away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import ClaimUse, DeviceRequest, Disk, HostPort
from placewright.models.profile import FitArgs, Profile
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.moves.restricted import restricted_groups
from placewright.tests.builders import HOSTNAME, agent, near, node, snapshot, spread


def restricted(cluster: Snapshot) -> set[str]:
    """The names of the pending agents that are asked about one by one."""
    compilation, _ = compile_problem(cluster)
    flags = restricted_groups(compilation)
    return {a.name for g, flag in enumerate(flags) if flag for a in compilation.groups[g].members}


def with_plain(**fields: Any) -> Snapshot:
    """One agent with these fields and a plain one."""
    return snapshot(
        [node("n", zone="a")],
        [agent("x", labels={"app": "x"}, **fields), agent("plain", labels={"app": "p"})],
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"host_ports": (HostPort(80),)},
        {"affinity": (near(app="x"),)},
        {"anti_affinity": (near(app="none"),)},
        {"claims": (ClaimUse("data"),)},
        {"disks": (Disk("gce", ("d",)),)},
        {"devices": (DeviceRequest("example.com/gpu", 1),)},
        {"spread": (spread(app="x"),)},
        {"pod_group": "gang"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_agents_with_more_than_amounts_are_asked_about(fields: dict[str, Any]) -> None:
    assert restricted(with_plain(**fields)) == {"x"}


@pytest.mark.parametrize(
    "fields",
    [{"cpu": 500}, {"node_selector": {"disk": "ssd"}}, {"spread": (replace(spread(app="x"), hard=False),)}],
    ids=lambda fields: next(iter(fields)),
)
def test_what_amounts_and_nodes_tell_needs_no_asking(fields: dict[str, Any]) -> None:
    assert restricted(with_plain(**fields)) == set()


def test_whom_another_one_keeps_away_is_asked_about_wherever_that_one_is() -> None:
    web, db, other = (agent(name, labels={"app": name}) for name in ("web", "db", "other"))
    guard = agent("guard", on="n", anti_affinity=(near(HOSTNAME, app="db"),))
    assert restricted(snapshot([node("n")], [web, db, other, guard])) == {"db"}


def test_terms_reach_into_the_namespaces_that_they_name_or_select() -> None:
    agents = [agent("x", namespace=name, labels={"app": "db"}) for name in ("default", "team", "far")]
    selecting = AffinityTerm(
        HOSTNAME, match_labels({"app": "db"}), frozenset(), match_labels({"kind": "own"})
    )
    kinds = {"default": {}, "team": {"kind": "own"}, "far": {}}

    def reached(term: AffinityTerm) -> set[str]:
        guard = agent("guard", on="n", anti_affinity=(term,))
        compilation, _ = compile_problem(snapshot([node("n")], [*agents, guard], namespaces=kinds))
        flags = restricted_groups(compilation)
        return {compilation.groups[g].agent.namespace for g, flag in enumerate(flags) if flag}

    assert reached(near(HOSTNAME, app="db")) == {"default"}
    assert reached(near(HOSTNAME, namespace="far", app="db")) == {"far"}
    assert reached(selecting) == {"team"}
    assert reached(replace(selecting, namespaces=frozenset({"far"}))) == {"team", "far"}


def test_limits_count_where_the_profile_caps_them() -> None:
    cluster = with_plain(limits={"cpu": 500})
    assert restricted(cluster) == set()
    capped = Profile(limit_caps={"cpu": 800})
    assert restricted(replace(cluster, options=replace(cluster.options, profile=capped))) == {"x"}


def test_where_a_filter_is_off_or_an_amount_is_ignored_everybody_is_asked_about() -> None:
    cluster = with_plain(extra={"example.com/x": 1})
    everybody = {"x", "plain"}
    off = Profile(off=frozenset({"NodeResourcesFit"}))
    assert restricted(replace(cluster, options=replace(cluster.options, profile=off))) == everybody
    ignoring = Profile(fit=FitArgs(ignored_resources=frozenset({"example.com/x"})))
    assert restricted(replace(cluster, options=replace(cluster.options, profile=ignoring))) == everybody
