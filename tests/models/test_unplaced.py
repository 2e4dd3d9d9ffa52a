"""Who is left out: many told the same at once, read one by one."""

from __future__ import annotations

import pytest

from placewright.models.plan import Plan, Status
from placewright.models.unplaced import LeftOut, Unplaced, UnplacedReason

REASON = UnplacedReason(rule="resources", message="Insufficient cpu", nodes=("n1", "n2"))


def said(name: str, *reasons: UnplacedReason, message: str = "") -> Unplaced:
    return Unplaced(namespace="default", agent=name, message=message, reasons=reasons)


TOGETHER = LeftOut([(said("a", REASON), ("a", "b", "c")), (said("d"), ("d",)), (said("a", REASON), ("e",))])
APART = (said("a", REASON), said("b", REASON), said("c", REASON), said("d"), said("e", REASON))


def test_those_told_the_same_are_read_one_by_one() -> None:
    assert len(TOGETHER) == 5
    assert list(TOGETHER) == list(APART)
    assert (TOGETHER[1], TOGETHER[-1], TOGETHER[3:]) == (APART[1], APART[-1], APART[3:])
    with pytest.raises(IndexError):
        TOGETHER[5]


def test_nobody_left_out_is_an_empty_sequence() -> None:
    assert (len(LeftOut()), bool(LeftOut()), list(LeftOut())) == (0, False, [])
    assert bool(TOGETHER)


def test_who_is_taken_together_makes_no_difference() -> None:
    assert LeftOut.of(APART) == TOGETHER
    assert TOGETHER == APART
    assert LeftOut.of(APART[:-1]) != TOGETHER
    assert LeftOut.of((*APART[:-1], said("f", REASON))) != TOGETHER


def test_files_name_each_of_them_whoever_is_taken_together() -> None:
    together = Plan(status=Status.TIMEOUT, unplaced=TOGETHER)
    apart = Plan.model_validate({"status": "timeout", "unplaced": APART})
    text = together.model_dump_json(by_alias=True)
    assert text == apart.model_dump_json(by_alias=True)
    assert text.count('"Insufficient cpu"') == 1
    assert Plan.model_validate_json(text) == together
    listed = Plan.model_json_schema()["properties"]["unplaced"]
    assert (listed["type"], listed["items"]) == ("array", {"$ref": "#/$defs/Unplaced"})
