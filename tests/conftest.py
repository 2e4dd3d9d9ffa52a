"""What tests of commands are given."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from placewright.tests.commands import SMALL


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    return str(path)
