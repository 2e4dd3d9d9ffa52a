"""Counts by domain, the gates of spread constraints, and lots that come and are taken back."""

from __future__ import annotations

from random import Random

import pytest

from placewright.solver.order_model import NOWHERE
from placewright.tests.solver.order_models import census, gate, lot, settled


def test_the_least_is_kept_while_agents_come_and_go() -> None:
    rng = Random(0)
    for _ in range(30):
        counts = [rng.randint(0, 3) for _ in range(rng.randint(1, 4))]
        counting = [d for d in range(len(counts)) if rng.random() < 0.8]
        seen = census(*counts, counting=counting)
        seen.settle()
        for _ in range(20):
            domain, before = rng.randrange(len(counts)), seen.least
            if rng.random() < 0.6 or not counts[domain]:
                counts[domain] += 1
                assert seen.add(domain) is (min((counts[d] for d in counting), default=0) > before)
            else:
                counts[domain] -= 1
                seen.take(domain)
            assert seen.counts == counts
            assert seen.total == sum(counts)
            assert seen.least == min((counts[d] for d in counting), default=0)


def test_what_is_to_come_is_in_the_final_counts() -> None:
    seen = census(2, 0)
    settled([lot(3, [(seen, 1)])])
    assert (seen.counts, seen.final, seen.final_least) == ([2, 0], [2, 3], 2)


@pytest.mark.parametrize(
    ("counts", "fields", "is_open"),
    [
        pytest.param((0, 0), {}, True, id="one more than the least"),
        pytest.param((1, 0), {}, False, id="two more"),
        pytest.param((1, 0), {"itself": 0}, True, id="unless it does not count itself"),
        pytest.param((1, 0), {"max_skew": 2}, True, id="or the skew allows it"),
        pytest.param((1, 1), {}, True, id="the least has risen"),
        pytest.param((1, 1), {"floor_is_zero": True}, False, id="which does not help where it is 0"),
    ],
)
def test_a_gate_is_open_up_to_its_skew(
    counts: tuple[int, int], fields: dict[str, int], is_open: bool
) -> None:
    seen = census(*counts)
    asked = gate(seen, 0, **fields)  # type: ignore[arg-type]
    seen.settle()
    assert asked.is_open is is_open


def test_a_gate_stays_open_where_the_end_is_within_the_skew_of_the_least_there_is_now() -> None:
    seen = census(0, 1)
    passed = gate(seen, 0)
    settled([lot(2, [(seen, 0)], [passed]), lot(1, [(seen, 1)])])
    assert passed.limit == 2
    assert not passed.stays_open
    seen.add(0)
    assert passed.stays_open


def test_who_counts_itself_without_adding_may_find_its_gate_closed_by_one_fewer() -> None:
    """Those who add are in the final count themselves, and the last of them passes at one less."""
    seen = census(1, 1)
    adding, aside = gate(seen, 0), gate(seen, 0, adds=0)
    settled([lot(1, [(seen, 0)], [adding]), lot(1, gates=[aside])])
    assert adding.stays_open
    assert not aside.stays_open


def test_a_lot_that_is_taken_back_leaves_everything_as_it_was() -> None:
    seen = census(0, 0)
    passed = gate(seen, 0)
    one, other = settled([lot(2, [(seen, 0)], [passed]), lot(1, [(seen, 1)])])
    assert one.place() == []
    assert (one.left, one.next, passed.left, seen.counts) == (1, 1, 1, [1, 0])
    assert one.closed() is passed
    assert other.place() == [seen]
    assert one.closed() is None
    other.undo()
    one.undo()
    assert (one.left, one.next, passed.left, seen.counts, seen.least) == (2, 0, 2, [0, 0], 0)


@pytest.mark.parametrize(
    ("counts", "domain", "seeds", "missing"),
    [
        pytest.param((1, 0), 0, False, False, id="somebody is there"),
        pytest.param((1, 0), 1, False, True, id="somebody is elsewhere"),
        pytest.param((1, 0), 1, True, True, id="so it is not the first"),
        pytest.param((0, 0), 1, True, False, id="it is the first"),
        pytest.param((0, 0), 1, False, True, id="it may not be"),
        pytest.param((0, 0), NOWHERE, True, True, id="a node without the key"),
    ],
)
def test_company_is_there_or_the_first_of_its_series_needs_none(
    counts: tuple[int, int], domain: int, seeds: bool, missing: bool
) -> None:
    seen = census(*counts)
    [one] = settled([lot(1, company=[(seen, domain)], seeds=seeds)])
    assert one.without_company() == ((seen, domain) if missing else None)


def test_who_would_shut_others_out_for_good_spoils_their_gate() -> None:
    """Somebody of another kind fills the domain that one who does not count itself has yet to come to."""
    seen = census(0, 0)
    passed = gate(seen, 0, itself=0)
    filling, asking = settled([lot(2, [(seen, 0)]), lot(1, gates=[passed])])
    assert filling.spoils() is None
    filling.place()
    assert filling.spoils() is passed
    asking.place()
    assert filling.spoils() is None
