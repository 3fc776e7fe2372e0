"""`make least-privilege`: which permissions of the functions' roles does no end-to-end test need?

Takes one action, or one of several resources, at a time out of a deployed role's policies, runs that function's
end-to-end tests against the running cloud, and reports what no test missed: superfluous, or untested.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from local.errors import LocalError
from local.logs import short_name
from local.ministack import aws_client
from local.places import ROOT, STACK_NAME
from local.stack import read_stack

# Lambda itself uses these on the function's behalf, the queue for records it sets aside; the emulator does not ask.
USED_BY_LAMBDA = ("logs:", "xray:", "sqs:SendMessage")

type Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """One action, or one resource, of one statement of a role's inline policy."""

    role: str
    policy: str
    document: Document
    statement: int
    element: Literal["Action", "Resource"]
    value: str

    def without(self) -> Document:
        """The policy with this grant taken out."""
        statements: list[Document] = []
        for number, statement in enumerate(self.document["Statement"]):
            if number != self.statement:
                statements.append(statement)
            elif kept := [value for value in _list(statement[self.element]) if value != self.value]:
                statements.append({**statement, self.element: kept})
        # A policy may not be empty; denying what nothing allows any more says the same.
        nothing = {"Effect": "Deny", "Action": self.value, "Resource": "*"}
        return {**self.document, "Statement": statements or [nothing]}

    def __str__(self) -> str:
        """The grant as a report tells it."""
        statement = self.document["Statement"][self.statement]
        name = statement.get("Sid") or f"statement {self.statement + 1}"
        return f"{self.value.rsplit(':', 1)[-1] if self.element == 'Resource' else self.value} ({name})"


def grants_of(role: str, policy: str, document: Document) -> Iterator[Grant]:
    """Every action of a policy, and every resource of the statements that have several."""
    for number, statement in enumerate(document["Statement"]):
        actions = [action for action in _list(statement["Action"]) if not action.startswith(USED_BY_LAMBDA)]
        for action in actions:
            yield Grant(role, policy, document, number, "Action", action)
        resources = _list(statement["Resource"])
        if actions and len(resources) > 1:
            for resource in resources:
                yield Grant(role, policy, document, number, "Resource", resource)


def report_unmissed(stack_file: Path, only: list[str]) -> int:
    """Try every grant; returns 1 when some are missed by no test."""
    endpoint = read_stack(stack_file)["aws"]["endpoint_url"]
    functions = {name: function for name, function in _functions(endpoint) if not only or name in only}
    if unknown := set(only) - set(functions):
        raise LocalError(f"The deployed template has no function {', '.join(sorted(unknown))}.")
    unmissed: list[str] = []
    for name, function in sorted(functions.items()):
        tests = [str(path) for path in sorted((ROOT / "tests" / "e2e").glob(f"test_{name}*.py"))]
        grants = list(function.grants())
        if not grants:
            continue
        if not tests:
            unmissed.append(f"{name}: has no end-to-end tests, tests/e2e/test_{name}*.py")
            continue
        if not _pass(tests, stack_file):
            raise LocalError(f"The end-to-end tests of {name} fail with its whole role; mend that first.")
        for grant in grants:
            noticed = _is_noticed(function, grant, tests, stack_file)
            print(f"{name:14} {'needed  ' if noticed else 'UNMISSED'} {grant}", flush=True)
            if not noticed:
                unmissed.append(f"{name}: {grant}")
    if unmissed:
        print("\nNo test misses these:\n  " + "\n  ".join(unmissed))
        return 1
    print("\nEvery permission is needed by a test.")
    return 0


@dataclass(frozen=True, slots=True)
class _Function:
    """A deployed function and its role."""

    endpoint: str
    name: str
    role: str

    def grants(self) -> Iterator[Grant]:
        """What its own policies allow it."""
        iam = aws_client("iam", self.endpoint)
        for policy in iam.list_role_policies(RoleName=self.role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=self.role, PolicyName=policy)["PolicyDocument"]
            yield from grants_of(self.role, policy, document)

    def put_policy(self, grant: Grant, document: Document) -> None:
        """Change a policy, and end the processes that run already: they may keep what the old one let them read."""
        iam, lambda_client = aws_client("iam", self.endpoint), aws_client("lambda", self.endpoint)
        iam.put_role_policy(RoleName=self.role, PolicyName=grant.policy, PolicyDocument=json.dumps(document))
        timeout = lambda_client.get_function_configuration(FunctionName=self.name)["Timeout"]
        lambda_client.update_function_configuration(FunctionName=self.name, Timeout=timeout)


def _functions(endpoint: str) -> Iterator[tuple[str, _Function]]:
    resources = aws_client("cloudformation", endpoint).describe_stack_resources(StackName=STACK_NAME)
    lambda_client = aws_client("lambda", endpoint)
    for resource in resources["StackResources"]:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            name = resource["PhysicalResourceId"]
            role = lambda_client.get_function_configuration(FunctionName=name)["Role"].rsplit("/", 1)[-1]
            yield short_name(resource["LogicalResourceId"]), _Function(endpoint, name, role)


def _is_noticed(function: _Function, grant: Grant, tests: list[str], stack_file: Path) -> bool:
    function.put_policy(grant, grant.without())
    try:
        return not _pass(tests, stack_file)
    finally:
        function.put_policy(grant, grant.document)


def _pass(tests: list[str], stack_file: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environ = os.environ | {"ATELIER_STACK": str(stack_file)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False)
    return done.returncode == 0


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
