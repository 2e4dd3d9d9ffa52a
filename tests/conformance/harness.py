"""kube-scheduler in a process beside us: questions go in as JSON, answers come out line by line."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from placewright.tests.conformance.cases.words import Object

ROOT = Path(__file__).parent.parent.parent
BINARY = ROOT / ".conformance" / "conformance"


class Harness:
    """One running mode of the harness; it serves any number of clusters."""

    def __init__(self, mode: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [str(BINARY), mode, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, objects: Sequence[Object], plan: Object | None = None) -> list[dict[str, Any]]:
        """All answers about one cluster. Raises RuntimeError where kube-scheduler could not be asked."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {
            "snapshot": {"kind": "List", "apiVersion": "v1", "items": list(objects)},
            "plan": plan or {},
        }
        self._process.stdin.write(orjson.dumps(request) + b"\n")
        self._process.stdin.flush()
        answers: list[dict[str, Any]] = []
        for line in self._process.stdout:
            answer = orjson.loads(line)
            if answer.get("end"):
                if answer.get("error"):
                    raise RuntimeError(answer["error"])
                return answers
            answers.append(answer)
        raise RuntimeError(f"the harness ended with code {self._process.wait()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
