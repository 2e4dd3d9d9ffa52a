"""A comparison as tables: of many levels those that matter, and every plan in its column."""

from __future__ import annotations

import io

from rich.console import Console

from placewright.models.comparison import ComparedLevel, ComparedPlan, Comparison, Utilisation
from placewright.models.plan import LevelTerm
from placewright.solver.report_compare import print_comparison


def printed(comparison: Comparison, encoding: str = "utf-8") -> list[str]:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_comparison(Console(file=out, width=200, color_system=None), comparison)
    out.seek(0)
    return out.read().splitlines()


def placed(priority: int, value: int) -> ComparedLevel:
    return ComparedLevel(name=f"placed/priority={priority}", sense="maximize", value=value)


def plan(name: str, *levels: ComparedLevel, **fields: object) -> ComparedPlan:
    return ComparedPlan.model_validate({"name": name, "valid": True, "levels": levels, **fields})


def comparison(*plans: ComparedPlan, **fields: object) -> Comparison:
    return Comparison.model_validate({"profile": "p", "verdict": "v", "plans": plans, **fields})


def test_of_many_levels_the_first_and_those_that_differ_are_shown() -> None:
    one = [placed(-i, 3) for i in range(20)]
    other = [*one[:15], placed(-15, 2), *one[16:]]
    rows = printed(comparison(plan("a", *one), plan("b", *other), best=("a",), decided_by=other[15].name))
    shown = [row for row in rows if row.startswith("placed/")]
    assert [row.split() for row in shown[-2:]] == [
        ["placed/priority=-5", "(most)", "3", "3"],
        ["placed/priority=-15", "(most)", "3", "2"],
    ]
    assert len(shown) == 7
    assert "(13 more)" in rows


def test_evictions_that_nobody_makes_are_not_shown() -> None:
    nobody = ComparedLevel(name="evicted/priority=0", sense="minimize", value=0)
    somebody = ComparedLevel(name="evicted/priority=0", sense="minimize", value=2)
    quiet = comparison(plan("a", placed(1, 1), nobody), plan("b", placed(1, 1), nobody), best=("a", "b"))
    assert not any("evicted" in row or "more)" in row for row in printed(quiet))
    loud = comparison(
        plan("a", placed(1, 1), nobody),
        plan("b", placed(1, 1), somebody, evicted=2, placed_anew=1),
        best=("a",),
    )
    rows = [" ".join(row.split()) for row in printed(loud)]
    assert {"evicted/priority=0 (least) 0 2", "evicted 0 2", "of them placed anew 0 1"} <= set(rows)


def test_of_many_terms_ten_are_shown_and_none_that_costs_nobody_anything() -> None:
    def level(values: list[int]) -> ComparedLevel:
        terms = tuple(LevelTerm(name=f"s{i}", weight=1, value=value) for i, value in enumerate(values))
        return ComparedLevel(name="scores", sense="minimize", value=sum(values), terms=terms)

    rows = printed(
        comparison(plan("a", level([0, 0, *[1] * 11])), plan("b", level([0, 5, *[0] * 11])), best=("b",))
    )
    terms = [row.split() for row in rows if " x s" in row]
    assert terms[0] == ["1", "x", "s1", "0", "5"]
    assert len(terms) == 10
    assert any(row.strip() == "(2 more terms)" for row in rows)


def test_a_bound_is_the_best_plans_and_a_gap_each_plans_own() -> None:
    best = ComparedLevel(name="Cost", sense="minimize", value=10, bound=10, gap=0.0)
    near = ComparedLevel(name="Cost", sense="minimize", value=20, bound=10, gap=0.5)
    rows = printed(comparison(plan("a", near), plan("b", best), best=("b",), decided_by="Cost"))
    assert next(row for row in rows if row.startswith("Cost")).split() == [
        *("Cost", "(least)", "20", "50", "%", "10", "proven", "10")
    ]


def test_spread_can_be_read_in_ascii() -> None:
    use = Utilisation(resource="cpu", min=0, mean=255, max=1000, deviation=12)
    rows = printed(comparison(plan("a", utilisation=(use,))), encoding="ascii")
    assert any("0 / 25.5 / 100 % +- 1.2" in row for row in rows)


def test_warnings_and_notes_come_last() -> None:
    rows = printed(comparison(plan("a"), warnings=("w",), notes=("n",)))
    assert [row for row in rows if row][-2:] == ["warning: w", "note: n"]
