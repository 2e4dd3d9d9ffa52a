"""Quotas: Σ usage · x of the new agents stays within what a ResourceQuota leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from placewright.models.policy import ResourceQuota
from placewright.models.rules.quota import charging_quotas
from placewright.models.rules.quota_usage import (
    agent_usage,
    claim_usage,
    claims_in_scope,
    in_scope,
    new_claims,
    used,
)
from placewright.solver.apportion import Limit
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.ledger import Ledger
from placewright.solver.rules.sum_ledgers import QuotaLedger
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class _Row:
    """One hard key: agents of group g add `usage[g]`; each of `claims` (users, amount) counts once."""

    usage: tuple[tuple[int, int], ...]
    claims: tuple[tuple[tuple[int, ...], int], ...]
    left: int


@dataclass(frozen=True)
class QuotaEncoder(Encoder):
    rule: ClassVar[str] = "quota"
    rows: tuple[_Row, ...]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        rows = []
        for quota in compilation.snapshot.quotas:
            charged = [
                g
                for g, group in enumerate(compilation.groups)
                if quota in charging_quotas(compilation.snapshot, group.agent)
            ]
            if charged:
                rows.extend(_rows(compilation, quota, charged))
        return cls(tuple(rows)) if rows else None

    def encode(self, x: Variables) -> None:
        for row in self.rows:
            terms: list[Linear] = [amount * x.sum([g]) for g, amount in row.usage if x.most([g])]
            most = sum(amount * x.most([g]) for g, amount in row.usage)
            for users, amount in row.claims:
                if x.most(users):
                    terms.append(amount * x.present(users))
                    most += amount
            if terms and most > row.left:
                x.model.add(sum(terms) <= max(0, row.left))

    def limits(self) -> Iterable[Limit]:
        """Without claims, which are charged once for all of their users."""
        return (Limit(dict(row.usage), max(0, row.left)) for row in self.rows)

    def relax(self, relaxation: Relaxation) -> None:
        for limit in self.limits():
            relaxation.limit(limit.amounts, limit.left)

    def ledger(self, count: IntArray) -> Ledger:
        told = not any(row.claims for row in self.rows)
        return QuotaLedger([(row.usage, row.left) for row in self.rows], count, told=told)

    def fixing(self, fixed: IntArray) -> Self:
        rows = []
        for row in self.rows:
            left = row.left - sum(amount * int(fixed[g].sum()) for g, amount in row.usage)
            paid = [claim for claim in row.claims if any(fixed[g].any() for g in claim[0])]
            left -= sum(amount for _, amount in paid)
            rows.append(_Row(row.usage, tuple(c for c in row.claims if c not in paid), left))
        return type(self)(tuple(rows))


def _rows(compilation: Compilation, quota: ResourceQuota, charged: list[int]) -> list[_Row]:
    so_far = used(compilation.snapshot, quota)
    rows = []
    for key, hard in sorted(quota.hard.items()):
        agents = {g: compilation.groups[g].agent for g in charged}
        usage = tuple(
            (g, amount) for g, a in agents.items() if in_scope(quota, a) and (amount := agent_usage(a, key))
        )
        claims = _claims(compilation, quota, key, charged)
        if usage or claims:
            rows.append(_Row(usage, claims, hard - so_far.get(key, 0)))
    return rows


def _claims(
    compilation: Compilation, quota: ResourceQuota, key: str, charged: list[int]
) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Claims that do not exist yet, with the groups that use each: charged once, with its first user."""
    users: dict[str, list[int]] = {}
    amounts: dict[str, int] = {}
    for g in charged:
        brought = new_claims(compilation.snapshot, [compilation.groups[g].agent])
        for claim in claims_in_scope(quota, brought):
            amount = claim_usage(claim, key)
            if amount:
                users.setdefault(claim.name, []).append(g)
                amounts[claim.name] = amount
    return tuple((tuple(groups), amounts[name]) for name, groups in users.items())
