"""How the program is started."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

THREADS = "OPENBLAS_NUM_THREADS"


@pytest.mark.parametrize(("given", "found"), [(None, "1"), ("3", "3")], ids=["unless asked", "as asked"])
def test_products_have_one_thread(given: str | None, found: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != THREADS}
    if given is not None:
        env[THREADS] = given
    # Whoever sets it does so before numpy is there, which never looks again.
    code = f"import os, sys; before = 'numpy' in sys.modules; import placewright.__main__; print(before, os.environ['{THREADS}'])"
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", found]


def test_it_is_started_as_a_module() -> None:
    script = [sys.executable, "-m", "placewright", "--version"]
    ran = subprocess.run(script, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("placewright ")
