"""A client of the running local cloud, for tests that only know HTTP."""

import itertools
import os
import secrets
from typing import Any

import httpx

from local.people import Pool, describe, find_pool
from local.stack import Stack, User

_numbers = itertools.count(1)


class Api:
    """Calls the API as one of its users."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.users: dict[str, User] = dict(stack["users"])
        self.http = httpx.Client(base_url=stack["api"], timeout=60)

    def __call__(
        self,
        who: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """One request: as a user by name, or as nobody; `content` instead of `body` sends raw bytes."""
        token = {"Authorization": f"Bearer {self.users[who]['token']}"} if who else {}
        return self.http.request(method, path, json=body, content=content, headers={**token, **(headers or {})})

    def id(self, who: str) -> str:
        """A user's id."""
        return self.users[who]["id"]

    def people(self, count: int) -> list[str]:
        """Names of so many new users nobody else uses."""
        stem = f"p{os.getpid()}-{next(_numbers)}-{secrets.token_hex(3)}"
        names = [f"{stem}-{number}" for number in range(count)]
        pool = self.pool()
        for name in names:
            pool.add(name)
        self.users |= describe(pool, self.stack["api"], names)
        return names

    def person(self) -> str:
        """The name of one new user."""
        return self.people(1)[0]

    def pool(self) -> Pool:
        """The user pool behind the tokens."""
        return find_pool(self.stack["aws"]["endpoint_url"])
