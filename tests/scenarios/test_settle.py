"""A plan carried out on paper is what its verified state says."""

from __future__ import annotations

from random import Random

import pytest

from placewright.models.agent import ClaimUse, Phase
from placewright.models.policy import PodDisruptionBudget, ResourceQuota
from placewright.models.rules.claims import reaches
from placewright.models.rules.quota_usage import used as used_by
from placewright.models.selector import match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.storage import CsiNodeDriver, PersistentVolumeClaim, Storage, StorageClass
from placewright.scenarios.settle import settled
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import ZONE, agent, agents, node, snapshot
from placewright.tests.tiny import tiny_cluster


def carried_out(before: Snapshot, *, preempt: bool = False) -> Snapshot:
    verdict = place(before, Settings(time_limit=20.0, workers=1, preempt=preempt))
    assert isinstance(verdict, VerifiedPlan), verdict
    return settled(verdict)


def test_what_was_placed_runs_and_what_was_not_still_waits() -> None:
    after = carried_out(snapshot([node("n", cpu=1000)], [agent("a", cpu=1000), agent("b", cpu=2000)]))
    assert {a.name: (a.node_name, a.phase) for a in after.agents} == {
        "a": ("n", Phase.RUNNING),
        "b": ("", Phase.PENDING),
    }


@pytest.mark.parametrize("used", [{"pods": 1}, None], ids=["a quota that says so", "one that counts"])
def test_what_is_new_has_been_charged_to_its_quota(used: dict[str, int] | None) -> None:
    quota = ResourceQuota("default", "q", {"pods": 4}, used=used)
    new = agents("a", 2, admitted=False)
    there = [agent("r", on="n", phase=Phase.RUNNING)]
    after = carried_out(snapshot([node("n")], [*there, *new], quotas=(quota,)))
    assert used_by(after, after.quotas[0]) == {"pods": 3}


def test_who_is_evicted_waits_again() -> None:
    low = agent("low", on="n", cpu=1000, phase=Phase.RUNNING, labels={"app": "low"})
    budget = PodDisruptionBudget("default", "b", match_labels({"app": "low"}), min_available=0)
    before = snapshot([node("n", cpu=1000)], [low, agent("high", cpu=1000, priority=5)], budgets=(budget,))
    after = carried_out(before, preempt=True)
    assert {a.name: a.node_name for a in after.agents} == {"low": "", "high": "n"}


def test_a_volume_that_is_made_can_be_reached_from_its_zone_only() -> None:
    nodes = [node(f"n{z}", zone=z) for z in "ab"]
    storage = Storage(
        claims={("default", "c"): PersistentVolumeClaim("default", "c", 10, storage_class="cloud", uid="u")},
        classes={"cloud": StorageClass("cloud", "csi.example.com", wait_for_first_consumer=True)},
        csi_nodes={n.name: (CsiNodeDriver("csi.example.com", None, (ZONE,)),) for n in nodes},
    )
    before = snapshot(
        nodes, [agent("a", claims=(ClaimUse("c"),), node_selector={ZONE: "a"})], storage=storage
    )
    after = carried_out(before)
    claim = after.storage.claims["default", "c"]
    volume = after.storage.volumes[claim.volume_name]
    assert claim.bound
    assert [reaches(volume, n) for n in nodes] == [True, False]


@pytest.mark.parametrize("seed", range(15))
def test_once_a_plan_is_carried_out_there_is_nothing_left_to_place(seed: int) -> None:
    after = carried_out(tiny_cluster(Random(seed)))
    assert {a.key for a in carried_out(after).pending} == {a.key for a in after.pending}
