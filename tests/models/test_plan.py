from __future__ import annotations

import pytest
from pydantic import ValidationError

from placewright.models.plan import Plan, Status
from placewright.models.unplaced import Unplaced, UnplacedReason

NODES = tuple(f"node-{i}" for i in range(1_000))


def reason(message: str) -> UnplacedReason:
    return UnplacedReason(rule="resources", message=message, nodes=NODES)


def left(name: str, *reasons: UnplacedReason) -> Unplaced:
    return Unplaced(namespace="default", agent=name, message=name, reasons=reasons)


def plan(*unplaced: Unplaced) -> Plan:
    return Plan(status=Status.FEASIBLE, unplaced=unplaced)


def test_reasons_that_many_share_are_written_once() -> None:
    cpu, memory = reason("Insufficient cpu"), reason("Insufficient memory")
    made = plan(
        *(left(f"a{i}", cpu) for i in range(100)), left("b", memory), left("c", cpu, memory), left("d")
    )
    text = made.model_dump_json(by_alias=True)
    assert text.count('"node-999"') == 4
    assert text.count('"like":"default/a0"') == 99
    assert Plan.model_validate_json(text) == made


def test_reasons_that_are_read_back_are_shared() -> None:
    cpu = reason("Insufficient cpu")
    text = plan(left("a", cpu), left("b", cpu)).model_dump_json(by_alias=True)
    one, other = Plan.model_validate_json(text).unplaced
    assert one.reasons is other.reasons
    assert other.like == ""


def test_nobody_is_like_someone_who_does_not_come_before() -> None:
    text = '{"status": "feasible", "unplaced": [{"namespace": "x", "agent": "a", "like": "x/b"}]}'
    with pytest.raises(ValidationError, match="x/a is like x/b, which does not come before it"):
        Plan.model_validate_json(text)


def test_what_is_said_of_one_agent_is_said_of_another() -> None:
    one, expected = left("a", reason("Insufficient cpu")), left("b", reason("Insufficient cpu"))
    other = one.said_of("b").model_copy(update={"message": "b"})
    assert other == expected
    assert other.model_dump_json(by_alias=True) == expected.model_dump_json(by_alias=True)
    assert one.agent == "a"
    with pytest.raises(ValidationError):
        other.agent = "c"  # type: ignore[misc]
