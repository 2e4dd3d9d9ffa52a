"""What tests of commands are given, and what holds for all property tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from placewright.tests.commands import SMALL

# That a machine is busy for a moment is no fault of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    return str(path)
