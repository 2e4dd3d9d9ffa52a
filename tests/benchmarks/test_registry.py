from __future__ import annotations

from pathlib import Path

import pytest

from placewright.benchmarks import cases
from placewright.benchmarks.__main__ import main
from placewright.benchmarks.bench import Bench
from placewright.benchmarks.registry import Case, all_cases, chosen, register


def test_every_module_of_cases_registers_one_at_least() -> None:
    modules = {path.stem for path in Path(cases.__path__[0]).glob("*.py")} - {"__init__"}
    measures = (getattr(case.measure, "func", case.measure) for case in all_cases())
    registered = {measure.__module__.rpartition(".")[2] for measure in measures}
    assert registered == modules


def test_a_name_is_taken_once() -> None:
    taken = all_cases()[0]
    with pytest.raises(ValueError, match=f"two benchmarks are called {taken.name}"):
        register(taken)


def test_patterns_choose_cases_and_one_that_fits_nothing_is_refused() -> None:
    assert [case.name for case in chosen(["kubernetes-m*"])] == ["kubernetes-max"]
    assert chosen([]) == all_cases()
    with pytest.raises(ValueError, match="no benchmark is called kubernetes-min"):
        chosen(["kubernetes-min"])


def test_a_file_is_written_once_for_each_version_of_the_code(tmp_path: Path) -> None:
    bench = Bench(cache=tmp_path, data=tmp_path)
    stale = tmp_path / "small-00000000.json"
    stale.write_bytes(b"old")
    written: list[str] = []

    def write(stream: object) -> None:
        written.append("once")

    first, second = (bench.file("small.json", write) for _ in range(2))
    assert first == second
    assert written == ["once"]
    assert not stale.exists()


def test_a_run_that_fails_is_told_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(bench: Bench, size: int) -> list[object]:
        if size == 1:
            raise RuntimeError("nothing came out")
        return []

    case = Case("broken", "fails at size 1", sizes=(1, 2), full=(), measure=measure)  # type: ignore[arg-type]
    monkeypatch.setattr("placewright.benchmarks.__main__.chosen", lambda _: (case,))
    assert main(["--results", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "\nbroken 1: failed: nothing came out\n"


def test_an_unknown_benchmark_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing-like-it"]) == 2
    assert "no benchmark is called nothing-like-it" in capsys.readouterr().err
