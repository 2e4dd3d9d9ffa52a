"""Builds wheel and sdist, installs the wheel into a fresh environment, and runs it from elsewhere."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """A command's output; its failure ends the check."""
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if result.returncode:
        print(result.stdout, result.stderr, file=sys.stderr)
        raise SystemExit(f"failed: {' '.join(str(part) for part in command)}")
    return result.stdout


def main() -> None:
    """Exits with a message where something is missing."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", place)
        [wheel] = place.glob("*.whl")
        venv.create(place / "venv", with_pip=True)
        python = place / "venv" / "bin" / "python"
        run(python, "-m", "pip", "install", "-q", "-c", ROOT / "requirements.lock", wheel)
        command = place / "venv" / "bin" / "placewright"
        print(run(command, "--version", cwd=place), end="")
        demo = run(
            python, "-c", "import placewright.scenarios.data as d; print(d.__path__[0])", cwd=place
        ).strip()
        placed = run(command, "place", Path(demo) / "demo.yaml", cwd=place)
        print(placed.splitlines()[0])


if __name__ == "__main__":
    main()
