"""A client of the running local cloud, for tests that only know HTTP."""

import itertools
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import httpx

from local.people import Pool, find_pool
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
        with ThreadPoolExecutor(4) as workers:
            self.users |= dict(workers.map(self._welcome, names))
        return names

    def _welcome(self, name: str) -> tuple[str, User]:
        """Sign somebody up and in; their first request makes their profile."""
        self.pool.add(name)
        token = self.pool.token(name)
        answer = self.http.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.is_success, answer.text
        return name, User(id=answer.json()["id"], token=token)

    def person(self) -> str:
        """The name of one new user."""
        return self.people(1)[0]

    @cached_property
    def pool(self) -> Pool:
        """The user pool behind the tokens."""
        return find_pool(self.stack["aws"]["endpoint_url"])
