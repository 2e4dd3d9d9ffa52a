"""What is best is judged otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from placewright.models.ingest.profiles import load_profiles
from placewright.models.rules.switched_off import refuse_unmodelled
from placewright.models.snapshot import Snapshot
from placewright.scenarios.operations.base import Operation


class UseProfile(Operation):
    """Judge by another profile: a preset's name or a file, as `--profile` takes it."""

    name: Annotated[str, Field(min_length=1)]
    """A preset, or a file as seen from where the command runs."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        profiles = load_profiles(self.name)
        options = snapshot.options
        names = options.scheduler_names | {profile.scheduler_name for profile in profiles.profiles}
        judged = replace(snapshot, options=profiles.applied(options, sorted(names)))
        refuse_unmodelled(judged)
        return replace(judged, warnings=tuple(dict.fromkeys((*snapshot.warnings, *profiles.warnings))))
