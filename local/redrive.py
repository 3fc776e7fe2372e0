"""Brings what failed back to where it failed: from a dead-letter queue to its queue, here or on AWS.

SQS can do it by itself (StartMessageMoveTask, "start DLQ redrive" in the console), but the local cloud's cannot, and a
command that is only ever used in an emergency should have been used before.
"""

import os
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalError
from local.ministack import aws_client
from local.places import STACK_NAME, home
from local.stack import read_stack

MOST = 10_000
AT_ONCE = 10
OURS_FOR_S = 60
LISTEN_S = 1


def redrive(queue: str) -> None:
    """Moves the failures of a queue (such as `notices` or `packs`) back and says how many there were.

    The running local cloud's; with AWS=1, those of the deployed stack STACK, by whatever credentials boto3 finds.

    Raises:
        LocalError: there is no such queue, or no stack to look in.
    """
    if os.environ.get("AWS", "") in ("", "0"):
        address = read_stack(home().stack_file)["aws"]["endpoint_url"]
        cloudformation, sqs = aws_client("cloudformation", address), aws_client("sqs", address)
        stack = STACK_NAME
    else:
        stack = os.environ.get("STACK", "")
        if not stack:
            raise LocalError("Say which stack: AWS=1 STACK=<name> make redrive QUEUE=notices.")
        try:
            cloudformation, sqs = boto3.client("cloudformation"), boto3.client("sqs")
        except BotoCoreError as error:
            raise LocalError(f"AWS cannot be asked: {error}") from None
    failures, source = addresses(cloudformation, stack, queue)
    try:
        moved = move(sqs, failures, source)
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"Nothing is lost, but not all was moved; run this again. {error}") from None
    again = f" There may be more: this moves {MOST} at a time." if moved == MOST else ""
    print(f"{moved} moved from the failures back to the queue of {queue}.{again}")


def addresses(cloudformation: Any, stack: str, queue: str) -> tuple[str, str]:
    """Where a queue's failures are and where the queue is, from the outputs of a stack.

    Raises:
        LocalError: the stack cannot be looked at, or has no such queue.
    """
    try:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"The stack {stack} cannot be looked at: {error}") from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}
    names = {
        name.removesuffix("FailuresUrl").lower(): name.removesuffix("FailuresUrl")
        for name in outputs
        if name.endswith("FailuresUrl") and f"{name.removesuffix('FailuresUrl')}QueueUrl" in outputs
    }
    if queue not in names:
        known = ", ".join(sorted(names)) or "none"
        raise LocalError(f"The stack {stack} has no queue {queue!r} with failures; it has: {known}.")
    return outputs[f"{names[queue]}FailuresUrl"], outputs[f"{names[queue]}QueueUrl"]


def move(sqs: Any, source: str, target: str, *, most: int = MOST) -> int:
    """Moves messages, at most so many, until none is left; how many it moved.

    A message is deleted only when the other queue has it, so whatever breaks this off leaves each in one queue or in
    both: consumers do not mind.
    """
    moved = 0
    while moved < most:
        answer = sqs.receive_message(
            QueueUrl=source,
            MaxNumberOfMessages=min(AT_ONCE, most - moved),
            VisibilityTimeout=OURS_FOR_S,
            WaitTimeSeconds=LISTEN_S,
        )
        messages = answer.get("Messages", ())
        if not messages:
            break
        for message in messages:
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved
