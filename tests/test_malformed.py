"""Whatever is wrong with an input, it is one clear line that names the file: no traceback, no hang."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from placewright.cli import main
from placewright.models.errors import InputError
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.tests.malformed_inputs import Malformed
from placewright.tests.malformed_objects import every

CASES = [pytest.param(case, id=case.name) for case in every()]
LONGEST_MESSAGE = 500


def written(case: Malformed, directory: Path) -> Path:
    path = directory / case.file
    path.write_bytes(case.data())
    return path


def test_the_table_holds_at_least_a_hundred_cases_with_names_of_their_own() -> None:
    names = [case.name for case in every()]
    assert len(names) >= 100
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES)
def test_a_malformed_input_is_one_clear_error(case: Malformed, tmp_path: Path) -> None:
    path = written(case, tmp_path)
    with pytest.raises(InputError) as caught:
        load_snapshot([str(path)], Options())
    message = str(caught.value)
    assert message.startswith(str(path))
    assert case.told in message.removeprefix(str(tmp_path))
    assert message.isprintable()
    assert len(message) - len(str(path)) < LONGEST_MESSAGE


@pytest.mark.parametrize("case", CASES)
def test_the_command_line_says_it_in_one_line_and_leaves_with_2(
    case: Malformed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(case, tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["place", str(path)])
    output = capsys.readouterr()
    assert left.value.code == 2
    assert output.out == ""
    assert "Traceback" not in output.err
    (line,) = output.err.splitlines()
    assert line.startswith(f"error: {path}")
    assert case.told in line


def _locked(directory: Path) -> list[str]:
    path = directory / "locked.yaml"
    path.write_text("nodes: []")
    path.chmod(0)
    return [str(path)]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param(
            "missing.yaml", "cannot be read: No such file or directory", id="a file that is not there"
        ),
        pytest.param("nul\0.yaml", "cannot be read: embedded null byte", id="a name with a NUL"),
        pytest.param("new\nline.yaml", r"new\nline.yaml: cannot be read", id="a name of two lines"),
        pytest.param("latin\udce9.yaml", r"latin\udce9.yaml: cannot be read", id="a name that is not UTF-8"),
        pytest.param("x" * 300, "cannot be read: File name too long", id="a name that is too long"),
    ],
)
def test_a_name_that_leads_nowhere(name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_snapshot([f"{tmp_path}/{name}"], Options())
    assert told in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    paths = _locked(tmp_path)
    if os.access(paths[0], os.R_OK):
        pytest.skip("this user may read every file")
    with pytest.raises(InputError, match=r"locked\.yaml: cannot be read: Permission denied"):
        load_snapshot(paths, Options())


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({}, "holds no JSON or YAML file", id="an empty directory"),
        pytest.param({"a.txt": "hello"}, "holds no JSON or YAML file", id="a directory of other files"),
        pytest.param({"a.json": "[1]", "b.yaml": ""}, "holds no objects", id="a directory of other JSON"),
        pytest.param({"a.json": "{"}, "a.json: line 1, column 2", id="a directory with a broken file"),
        pytest.param({".a.json": "{}"}, "holds no JSON or YAML file", id="a directory of hidden files"),
    ],
)
def test_a_directory_that_is_of_no_use(files: dict[str, str], told: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as caught:
        load_snapshot([str(tmp_path)], Options())
    assert str(caught.value).startswith(str(tmp_path))
    assert told in str(caught.value)
