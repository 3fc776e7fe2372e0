"""Calls the running API as the people in `stack.json`."""

from typing import Any

import httpx

from local.errors import LocalError
from local.stack import Stack


class Caller:
    """One HTTP client for everybody; close it, or use it in a `with`."""

    def __init__(self, stack: Stack) -> None:
        self.users = stack["users"]
        self._http = httpx.Client(base_url=stack["api"], timeout=60)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(
        self, who: str | None, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """One request, as a user or, for None, as anybody."""
        token = {"Authorization": f"Bearer {self.users[who]['token']}"} if who else {}
        return self._http.request(method, path, json=body, headers={**token, **(headers or {})})

    def need(self, who: str, method: str, path: str, body: Any = None) -> Any:
        """The body of an answer that has to be a success.

        Raises:
            LocalError: it was not.
        """
        answer = self.send(who, method, path, body)
        if not answer.is_success:
            raise LocalError(f"{method} {path} as {who} answered {answer.status_code}: {answer.text[:800]}")
        return answer.json() if answer.content else None

    def pages(self, who: str, path: str) -> list[Any]:
        """Every item of a list."""
        items: list[Any] = []
        joint = "&" if "?" in path else "?"
        cursor = ""
        while True:
            page = self.need(who, "GET", f"{path}{joint}limit=100{cursor}")
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={page['next_cursor']}"
