"""The comparison notices what differs, tried without kube-scheduler: its answers are made up here."""

from __future__ import annotations

from typing import Any

from placewright.models.kube_scores import SCORERS
from placewright.models.profile import Profile
from placewright.models.rules import RULES
from placewright.models.state import ClusterState
from placewright.tests.conformance.cases.admission import namespace
from placewright.tests.conformance.cases.cluster import cluster
from placewright.tests.conformance.compare import Tally, compare_verdicts, snapshot_of
from placewright.tests.conformance.compare_admission import Admissions, compare_admission
from placewright.tests.conformance.compare_scores import compare_scores, scoring

OBJECTS = cluster(1)
SNAPSHOT = snapshot_of(OBJECTS)


def agreeing() -> list[dict[str, Any]]:
    """What kube-scheduler answers where it says what placewright says."""
    state = ClusterState(SNAPSHOT)
    answers: list[dict[str, Any]] = []
    for agent in SNAPSHOT.pending:
        answers.append({"pod": agent.key})
        for node in SNAPSHOT.nodes:
            refusing = [rule.plugin for rule in RULES if rule.rejects(state, agent, node) is not None]
            failing = [{"plugin": plugin, "reasons": ["x"]} for plugin in refusing]
            answers.append({"pod": agent.key, "node": node.name, "pass": not failing, "failing": failing})
    return answers


def differences(answers: list[dict[str, Any]]) -> list[str]:
    tally = Tally()
    compare_verdicts(7, SNAPSHOT, answers, tally)
    return [difference.what for difference in tally.differences]


def test_what_agrees_is_no_difference() -> None:
    assert differences(agreeing()) == []


def test_a_refusal_that_only_kube_scheduler_has_is_noticed() -> None:
    answers = agreeing()
    open_pair = next(answer for answer in answers if answer.get("pass"))
    open_pair["failing"] = [{"plugin": "NodePorts", "reasons": []}]
    assert differences(answers) == ["verdict by NodePorts"]


def test_a_refusal_that_only_placewright_has_is_noticed() -> None:
    answers = agreeing()
    closed = next(answer for answer in answers if len(answer.get("failing", ())) == 1)
    plugin = closed["failing"].pop()["plugin"]
    assert differences(answers) == [f"verdict by {plugin}"]


def test_another_reason_for_the_same_verdict_is_noticed() -> None:
    answers = agreeing()
    closed = next(answer for answer in answers if len(answer.get("failing", ())) == 1)
    closed["failing"].append({"plugin": "NodePorts", "reasons": []})
    assert differences(answers) == ["refusal by NodePorts"]


def test_an_agent_that_is_held_back_there_is_noticed() -> None:
    answers = agreeing()
    answers[0]["held"] = "SchedulingGates"
    assert "waiting" in differences(answers)


def test_a_score_that_is_one_off_is_noticed() -> None:
    agent, profile = SNAPSHOT.pending[0], Profile()
    plugins = scoring(profile)
    weights = {plugin: profile.weight(name) for plugin, name in plugins.items()}
    state, totals = ClusterState(SNAPSHOT), {node.name: 0 for node in SNAPSHOT.nodes}
    scores: dict[str, dict[str, int]] = {}
    for plugin, name in plugins.items():
        points = SCORERS[name](state, agent, SNAPSHOT.nodes, profile)
        if points is not None:
            scores[plugin] = {node.name: p for node, p in zip(SNAPSHOT.nodes, points, strict=True)}
    answer = {"pod": agent.key, "totals": totals, "scores": scores, "weights": weights}
    assert found(answer) == []
    scores["NodeResourcesFit"][SNAPSHOT.nodes[0].name] += 1
    assert found(answer) == ["score NodeResourcesFit"]
    weights["NodeResourcesFit"] += 1
    assert found(answer) == ["score NodeResourcesFit", "weight NodeResourcesFit"]


def found(answer: dict[str, Any]) -> list[str]:
    tally = Tally()
    compare_scores(7, SNAPSHOT, [answer], tally)
    return [difference.what for difference in tally.differences]


def created(**answer: Any) -> list[str]:
    """What is said to differ about one new agent, of which the API server answers this."""
    snapshot = snapshot_of([one for one in namespace(1) if one["kind"] in ("Pod", "PriorityClass")])
    agent = next(agent for agent in snapshot.agents if not agent.refusal)
    asked = {
        "requests": dict(agent.spec.requests),
        "limits": dict(agent.spec.limits),
        "qos": str(agent.spec.qos),
    }
    same: dict[str, Any] = {"pod": agent.key, "errors": None, "quotas": {}}
    found = Admissions()
    compare_admission(1, snapshot, [{**same, **asked, **answer}], found)
    return [difference.what for difference in found.differences]


def test_what_becomes_of_a_new_agent_is_compared() -> None:
    assert created() == []
    assert created(errors=["no"]) == ["admission"]
    assert created(requests={"cpu": 12345}) == ["requests"]
    assert created(limits={"cpu": 12345}) == ["limits"]
    assert created(qos="None") == ["QoS class"]
