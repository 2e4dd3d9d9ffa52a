"""The few calls that tests make to an API server."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

SECONDS = 10.0
"""How long one call may take."""


class Api:
    """One server that is asked with a token; its certificate is not checked, it runs beside us."""

    def __init__(self, address: str, token: str) -> None:
        self._host = urlsplit(address).netloc
        self._token = token
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE

    def get(self, path: str) -> dict[str, Any]:
        """An object or a list of them."""
        return self._ask("GET", path)

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The object as the server has it."""
        return self._ask("POST", path, body)

    def patch(self, path: str, body: dict[str, Any], *, may_miss: bool = False) -> dict[str, Any]:
        """The object as it is then; `may_miss`: nothing where it is gone, or was just changed."""
        return self._ask("PATCH", path, body, may_miss=may_miss)

    def delete(self, path: str, body: dict[str, Any], *, may_miss: bool = False) -> None:
        """Ask for an object to be gone."""
        self._ask("DELETE", path, body, may_miss=may_miss)

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, may_miss: bool = False
    ) -> dict[str, Any]:
        """Raises RuntimeError with what the server says where it refuses."""
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content}
        connection = http.client.HTTPSConnection(self._host, timeout=SECONDS, context=self._context)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        if may_miss and answer.status in (404, 409):
            return {}
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {said.decode()}")
        found: dict[str, Any] = json.loads(said)
        return found
