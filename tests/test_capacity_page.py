"""The walk-throughs of docs/capacity.md do what the page says they do."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from placewright import cli
from placewright.models.ingest.catalog import read_catalog
from placewright.models.schema import catalog_json_schema
from placewright.models.wire.catalog import CatalogDaemon, CatalogType, CatalogWire, SpotTerms

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "capacity.md").read_text(encoding="utf-8")
SHOWN = re.findall(
    r"```\n(placewright capacity scenarios[^\n]*)\n```\n\nprints\n\n```\n(.*?)\n```", PAGE, flags=re.DOTALL
)


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=range(len(SHOWN)))
def test_the_page_shows_what_its_commands_print(
    command: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as left:
        cli.main(shlex.split(command)[1:])
    assert left.value.code == 0
    printed = capsys.readouterr().out.splitlines()
    assert _stable(shown.splitlines()) == _stable(printed)


def test_there_are_walk_throughs() -> None:
    assert len(SHOWN) == 2


def _stable(lines: list[str]) -> list[list[str]]:
    """The verdict and the sums: what exactly is bought may differ where several purchases are as cheap."""
    return [line.split() for line in lines if line.startswith(("optimal", "survives", "in all"))]


def test_the_pages_catalog_is_read() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    loaded = read_catalog(yaml.safe_load(text))
    assert [o.name for o in loaded.catalog.offerings] == [
        *("large-a", "large-b", "large-c"),
        *("gpu-a", "gpu-b", "gpu-a-spot", "gpu-b-spot", "gpu-c-spot"),
    ]


def test_the_page_or_the_schema_names_every_field() -> None:
    documented = set(re.findall(r"[a-zA-Z]+", PAGE)) | set(
        re.findall(r"[a-zA-Z]+", str(catalog_json_schema()))
    )
    for model in (CatalogWire, CatalogType, SpotTerms, CatalogDaemon):
        assert {field.alias or name for name, field in model.model_fields.items()} <= documented
