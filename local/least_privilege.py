"""`make least-privilege`: which permissions of the functions' roles does no end-to-end test need?

Takes one action at a time out of a deployed role's policies, runs that function's end-to-end tests against the running
cloud, and reports the actions whose loss no test noticed: superfluous, or untested.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.logs import short_name
from local.ministack import aws_client
from local.places import ROOT, STACK_NAME
from local.stack import read_stack

# Lambda itself uses these on the function's behalf; the emulator does not ask for them.
USED_BY_LAMBDA = ("logs:", "xray:")

type Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """One action of one statement of a role's inline policy."""

    role: str
    policy: str
    document: Document
    statement: int
    action: str

    def without(self) -> Document:
        """The policy with this grant taken out."""
        statements: list[Document] = []
        for number, statement in enumerate(self.document["Statement"]):
            if number != self.statement:
                statements.append(statement)
            elif kept := [action for action in _list(statement["Action"]) if action != self.action]:
                statements.append({**statement, "Action": kept})
        return {**self.document, "Statement": statements}

    def __str__(self) -> str:
        """The grant as a report tells it."""
        statement = self.document["Statement"][self.statement]
        name = statement.get("Sid") or f"statement {self.statement + 1}"
        return f"{self.action} ({name} of {self.policy})"


def report_unmissed(stack_file: Path, only: list[str]) -> int:
    """Try every grant; returns 1 when some are missed by no test."""
    endpoint = read_stack(stack_file)["aws"]["endpoint_url"]
    iam = aws_client("iam", endpoint)
    roles = {name: role for name, role in _roles(endpoint) if not only or name in only}
    if unknown := set(only) - set(roles):
        raise LocalError(f"The deployed template has no function {', '.join(sorted(unknown))}.")
    unmissed: list[str] = []
    for name, role in sorted(roles.items()):
        tests = [str(path) for path in sorted((ROOT / "tests" / "e2e").glob(f"test_{name}*.py"))]
        grants = list(_grants(iam, role))
        if not grants:
            continue
        if not tests:
            unmissed.append(f"{name}: has no end-to-end tests, tests/e2e/test_{name}*.py")
            continue
        if not _pass(tests, stack_file):
            raise LocalError(f"The end-to-end tests of {name} fail with its whole role; mend that first.")
        for grant in grants:
            noticed = _is_noticed(iam, grant, tests, stack_file)
            print(f"{name:14} {'needed  ' if noticed else 'UNMISSED'} {grant}", flush=True)
            if not noticed:
                unmissed.append(f"{name}: {grant}")
    if unmissed:
        print("\nNo test misses these:\n  " + "\n  ".join(unmissed))
        return 1
    print("\nEvery permission is needed by a test.")
    return 0


def _roles(endpoint: str) -> Iterator[tuple[str, str]]:
    resources = aws_client("cloudformation", endpoint).describe_stack_resources(StackName=STACK_NAME)
    lambda_client = aws_client("lambda", endpoint)
    for resource in resources["StackResources"]:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            function = lambda_client.get_function_configuration(FunctionName=resource["PhysicalResourceId"])
            yield short_name(resource["LogicalResourceId"]), function["Role"].rsplit("/", 1)[-1]


def _grants(iam: Any, role: str) -> Iterator[Grant]:
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for number, statement in enumerate(document["Statement"]):
            for action in _list(statement["Action"]):
                if not action.startswith(USED_BY_LAMBDA):
                    yield Grant(role, policy, document, number, action)


def _is_noticed(iam: Any, grant: Grant, tests: list[str], stack_file: Path) -> bool:
    def put(document: Document) -> None:
        iam.put_role_policy(RoleName=grant.role, PolicyName=grant.policy, PolicyDocument=json.dumps(document))

    put(grant.without())
    try:
        return not _pass(tests, stack_file)
    finally:
        put(grant.document)


def _pass(tests: list[str], stack_file: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environ = os.environ | {"ATELIER_STACK": str(stack_file)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False)
    return done.returncode == 0


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
