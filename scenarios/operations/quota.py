"""A namespace may use more, or less."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from placewright.models.errors import InputError
from placewright.models.policy import ResourceQuota
from placewright.models.quantity import parse_amount
from placewright.models.reading.display import nearest, shown
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_base import Amounts, Name, Namespace
from placewright.scenarios.operations.base import Operation


class SetQuota(Operation):
    """Change the limits of a quota; keys that are not named keep theirs. New quotas come with `add`."""

    namespace: Namespace = "default"
    """The quota's."""
    name: Name
    """The quota's."""
    hard: Amounts = Field(min_length=1)
    """New limits by key, such as `requests.cpu` or `pods`."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        if not any(self._is_meant(quota) for quota in snapshot.quotas):
            known = [quota.name for quota in snapshot.quotas if quota.namespace == self.namespace]
            raise InputError(
                f"namespace {self.namespace} has no quota {shown(self.name)}{nearest(self.name, known)}"
            )
        quotas = (self._changed(quota) if self._is_meant(quota) else quota for quota in snapshot.quotas)
        return replace(snapshot, quotas=tuple(quotas))

    def _is_meant(self, quota: ResourceQuota) -> bool:
        return (quota.namespace, quota.name) == (self.namespace, self.name)

    def _changed(self, quota: ResourceQuota) -> ResourceQuota:
        given = {key: parse_amount(key, value) for key, value in self.hard.items()}
        return replace(quota, hard={**quota.hard, **given})
