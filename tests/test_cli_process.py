"""The command as a process: interrupts, pipes and terminals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from random import Random

import pytest

from placewright.tests.commands import DEMO, SMALL, command


def test_an_interrupt_ends_a_long_solve_at_once_and_writes_nothing(tmp_path: Path) -> None:
    rng = Random(1)
    big = {
        "nodes": [{"name": f"n{i}", "allocatable": {"cpu": rng.randint(8, 64)}} for i in range(40)],
        "agents": [{"name": f"a{i}", "requests": {"cpu": f"{rng.randint(300, 9000)}m"}} for i in range(400)],
    }
    cluster, out = tmp_path / "big.json", tmp_path / "plan.json"
    cluster.write_text(json.dumps(big), encoding="utf-8")
    with command("place", str(cluster), "--time-limit", "120", "-v", "--out", str(out)) as process:
        assert process.stderr is not None
        assert any(line.startswith("strategy") for line in process.stderr)
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "error: interrupted"
    assert time.monotonic() - began < 10
    assert [path.name for path in tmp_path.iterdir()] == ["big.json"]


def test_a_reader_that_goes_away_is_no_fault() -> None:
    with command("schema") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("arguments", [[], ["-o", "json"], ["--verbose"]])
def test_a_terminal_that_knows_ascii_alone_is_no_fault(arguments: list[str]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    with command("place", DEMO, *arguments, env=environment) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "error" in err) == (0, False)
    assert "worker-0" in out
    assert out.isascii()


def test_standard_input_is_read_and_a_dash_is_standard_output() -> None:
    with command("place", "-", "-o", "json", "--out", "-", stdin=subprocess.PIPE) as process:
        out, err = process.communicate(json.dumps(SMALL), timeout=60)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["kind"] == "Plan"


def test_colour_is_for_terminals_alone() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    with command("place", DEMO, env=environment) as process:
        out, _ = process.communicate(timeout=60)
    assert "\x1b" not in out
