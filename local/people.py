"""Users of the local Cognito pool, with passwords and real access tokens."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from local.errors import LocalError
from local.ministack import aws_client
from local.places import STACK_NAME
from local.stack import Stack, User

CAST = ("admin", "host", "ana", "ben", "cleo")
ADMIN_GROUP = "admin"
PASSWORD = "Local-cloud-1"  # noqa: S105 - every local user's; the pool exists on this machine only
TOKEN_HOURS = 24
MANY = 20

# What UpdateUserPoolClient would reset to its default if it were left out.
KEPT_CLIENT_SETTINGS = (
    "ClientName",
    "RefreshTokenValidity",
    "IdTokenValidity",
    "ReadAttributes",
    "WriteAttributes",
    "SupportedIdentityProviders",
    "CallbackURLs",
    "LogoutURLs",
    "AllowedOAuthFlows",
    "AllowedOAuthScopes",
    "AllowedOAuthFlowsUserPoolClient",
    "PreventUserExistenceErrors",
    "EnableTokenRevocation",
)


@dataclass(frozen=True, slots=True)
class Pool:
    """The deployed user pool and its client."""

    cognito: Any
    pool_id: str
    client_id: str
    signs_in_by_email: bool

    def open_for_passwords(self) -> None:
        """Let administrators sign users in, and let tokens live for a day."""
        self.let_tokens_live(TOKEN_HOURS, "hours")

    def let_tokens_live(self, amount: int, unit: str) -> None:
        """Set how long access tokens made from now on are valid; the emulator takes less than Cognito's 5 minutes."""
        kept = self.cognito.describe_user_pool_client(UserPoolId=self.pool_id, ClientId=self.client_id)
        client = kept["UserPoolClient"]
        flows = {*client.get("ExplicitAuthFlows", []), "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
        self.cognito.update_user_pool_client(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            ExplicitAuthFlows=sorted(flows),
            AccessTokenValidity=amount,
            TokenValidityUnits={**client.get("TokenValidityUnits", {}), "AccessToken": unit},
            **{name: client[name] for name in KEPT_CLIENT_SETTINGS if client.get(name)},
        )

    def sign_in_name(self, name: str) -> str:
        """What a person types to sign in."""
        return email(name) if self.signs_in_by_email else name

    def add(self, name: str, groups: Iterable[str] = ()) -> None:
        """Create a user, or leave the one who exists."""
        username = self.sign_in_name(name)
        with suppress(self.cognito.exceptions.UsernameExistsException):
            self.cognito.admin_create_user(
                UserPoolId=self.pool_id,
                Username=username,
                MessageAction="SUPPRESS",
                UserAttributes=[
                    {"Name": "email", "Value": email(name)},
                    {"Name": "email_verified", "Value": "true"},
                ],
            )
        self.cognito.admin_set_user_password(
            UserPoolId=self.pool_id, Username=username, Password=PASSWORD, Permanent=True
        )
        for group in groups:
            self.cognito.admin_add_user_to_group(UserPoolId=self.pool_id, Username=username, GroupName=group)

    def token(self, name: str) -> str:
        """A fresh access token.

        Raises:
            LocalError: nobody of that name.
        """
        try:
            answer = self.cognito.admin_initiate_auth(
                UserPoolId=self.pool_id,
                ClientId=self.client_id,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": self.sign_in_name(name), "PASSWORD": PASSWORD},
            )
        except (
            self.cognito.exceptions.UserNotFoundException,
            self.cognito.exceptions.NotAuthorizedException,
        ):
            raise LocalError(f"The local cloud has no user {name!r}.") from None
        token: str = answer["AuthenticationResult"]["AccessToken"]
        return token


def email(name: str) -> str:
    """The address of a local person; the domain is reserved for tests."""
    return f"{name}@example.test"


def find_pool(endpoint_url: str) -> Pool:
    """The pool of the cloud at an endpoint."""
    answer = aws_client("cloudformation", endpoint_url).describe_stack_resources(StackName=STACK_NAME)
    found = {entry["ResourceType"]: entry["PhysicalResourceId"] for entry in answer["StackResources"]}
    cognito = aws_client("cognito-idp", endpoint_url)
    pool_id = found["AWS::Cognito::UserPool"]
    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    return Pool(
        cognito,
        pool_id,
        found["AWS::Cognito::UserPoolClient"],
        signs_in_by_email="email" in pool.get("UsernameAttributes", []),
    )


def invite_cast(pool: Pool) -> None:
    """Create the people every local cloud has."""
    groups = {entry["GroupName"] for entry in pool.cognito.list_groups(UserPoolId=pool.pool_id)["Groups"]}
    if ADMIN_GROUP not in groups:
        pool.cognito.create_group(UserPoolId=pool.pool_id, GroupName=ADMIN_GROUP)
    for name in CAST:
        pool.add(name, [ADMIN_GROUP] if name == "admin" else [])


def describe(pool: Pool, api: str, names: Iterable[str]) -> dict[str, User]:
    """Id and token of each; their first request makes their profile, as it would anybody's."""

    def one(name: str) -> tuple[str, User]:
        token = pool.token(name)
        answer = http.get("/me", headers={"Authorization": f"Bearer {token}"})
        if not answer.is_success:
            raise LocalError(f"GET {api}/me answered {answer.status_code} to {name}: {answer.text[:500]}")
        return name, User(id=answer.json()["id"], token=token)

    wanted = list(names)
    # Every request under way at the same time costs a process of its own; a few people are served faster by one.
    lanes = 1 if len(wanted) < MANY else 8
    with httpx.Client(base_url=api, timeout=60) as http, ThreadPoolExecutor(lanes) as workers:
        return dict(workers.map(one, wanted))


def add_crowd(stack: Stack, count: int) -> list[str]:
    """Add users u001.. up to a count to the running cloud and to its description; returns the new names."""
    width = max(3, len(str(count)))
    wanted = [f"u{number:0{width}}" for number in range(1, count + 1)]
    missing = [name for name in wanted if name not in stack["users"]]
    pool = find_pool(stack["aws"]["endpoint_url"])
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(pool.add, missing))
    stack["users"] |= describe(pool, stack["api"], missing)
    return missing
