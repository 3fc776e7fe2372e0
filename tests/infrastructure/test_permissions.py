"""What each function's role may do: exactly this."""

from collections import defaultdict
from typing import Any

import pytest

from tests.infrastructure import expanded

TABLE_ACTIONS = {
    "accounts": {"BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "categories": {"BatchGetItem", "DeleteItem", "PutItem", "UpdateItem"},
    "groups": {"BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem"},
    "workshops": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "series": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "rsvps": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "tokens": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "projections": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "rooms": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "recordings": {"BatchGetItem", "Query"},
    "checkins": {"BatchGetItem", "ConditionCheckItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "notifications": {"BatchGetItem", "PutItem", "Query", "UpdateItem"},
    "reminders": {"ConditionCheckItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "deliveries": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "calendars": {"BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query"},
    "guided": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "packs": {"BatchGetItem", "UpdateItem"},
    "recording_webhook": set(),
    "notices": {"BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "recorder": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
    "upkeep": {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
}
INDEXES_QUERIED = {
    "accounts": {"by_host", "by_feed", "by_person"},
    "categories": {"by_feed"},
    "groups": {"by_feed"},
    "workshops": {"by_host", "by_feed", "by_category", "by_person", "by_series"},
    "series": {"by_person", "by_series"},
    "projections": {"by_host", "by_category", "by_person", "by_series"},
    "upkeep": {"by_category", "by_due", "by_feed", "by_series"},
    "reminders": {"by_due"},
    "deliveries": {"by_series"},
    "calendars": {"by_host", "by_person"},
    "guided": {"by_person"},
}
SECRET = {"ssm:GetParameters", "kms:Decrypt"}
OTHER_ACTIONS = {
    "tokens": SECRET,
    "projections": {"sqs:SendMessage"},
    "guided": {"s3:GetObject"},
    "packs": {"s3:DeleteObject", "s3:PutObject", "sqs:ChangeMessageVisibility"},
    "workshops": {"s3:GetObject"},
    "recordings": {"s3:GetObject"},
    "recording_webhook": {*SECRET, "sqs:SendMessage"},
    "recorder": {*SECRET, "sqs:SendMessage", "s3:ListBucket"},
    "upkeep": {*SECRET, "sqs:SendMessage"},
    "reminders": {"sqs:SendMessage"},
    "deliveries": {"sqs:ChangeMessageVisibility", "sqs:SendMessage", "ses:SendEmail"},
}
SECRETS_READ = {
    "tokens": {"app_id", "app_certificate"},
    "recording_webhook": {"webhook_secrets"},
    "recorder": {
        "app_id",
        "app_certificate",
        "customer_id",
        "customer_secret",
        "storage_access_key",
        "storage_secret_key",
    },
    "upkeep": {"app_id", "customer_id", "customer_secret"},
}
# What every function needs of Lambda itself: its log, its traces, and for a stream or a queue the reading of it.
MANAGED = {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"}
MANAGED_OF = {
    "projections": {"AWSLambdaDynamoDBExecutionRole"},
    "notices": {"AWSLambdaSQSQueueExecutionRole"},
    "recorder": {"AWSLambdaSQSQueueExecutionRole"},
    "deliveries": {"AWSLambdaSQSQueueExecutionRole"},
    "packs": {"AWSLambdaSQSQueueExecutionRole"},
}
RECORDED = "${RecordingsBucket.Arn}/recordings/*"
PACKS = "${PacksBucket.Arn}/packs/*"
PARAMETER = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${AgoraParameterPath}/"

each_function = pytest.mark.parametrize("name", sorted(expanded.functions()))


def _granted(name: str) -> dict[str, set[str]]:
    """What a function may do, by what it may do it to."""
    granted: dict[str, set[str]] = defaultdict(set)
    for statement in expanded.statements_of(expanded.functions()[name]):
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for resource in resources:
            granted[_written(resource)].update(expanded.actions_of(statement))
    return granted


def _written(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    ((function, value),) = resource.items()
    return ".".join(value) if function == "Fn::GetAtt" else str(value)


@each_function
def test_a_function_may_do_exactly_this_to_the_table(name: str) -> None:
    assert _granted(name).get("Table.Arn", set()) == {f"dynamodb:{action}" for action in TABLE_ACTIONS[name]}


@each_function
def test_a_function_queries_only_the_indexes_it_reads(name: str) -> None:
    granted = _granted(name)
    indexes = {resource.rpartition("/index/")[2]: granted[resource] for resource in granted if "/index/" in resource}
    assert indexes == {index: {"dynamodb:Query"} for index in INDEXES_QUERIED.get(name, ())}


@each_function
def test_nothing_else_is_allowed(name: str) -> None:
    granted = _granted(name)
    other = {
        action
        for resource, actions in granted.items()
        for action in actions
        if resource != "Table.Arn" and "/index/" not in resource
    }
    assert other == OTHER_ACTIONS.get(name, set())


@each_function
def test_no_action_and_no_resource_is_a_wildcard(name: str) -> None:
    for resource, actions in _granted(name).items():
        assert resource in (RECORDED, PACKS) or "*" not in resource
        assert not [action for action in actions if "*" in action]


@each_function
def test_managed_policies_are_only_what_lambda_itself_needs(name: str) -> None:
    role = expanded.role_of(expanded.functions()[name])["Properties"]
    managed = {str(arn).rpartition("/")[2] for arn in role["ManagedPolicyArns"]}
    assert managed == MANAGED | MANAGED_OF.get(name, set())


def test_no_two_functions_share_a_role() -> None:
    roles = [function["Properties"]["Role"]["Fn::GetAtt"][0] for function in expanded.functions().values()]
    assert len(roles) == len(set(roles)) == len(expanded.of_type("AWS::IAM::Role"))


def test_only_who_signs_tokens_may_read_the_app_certificate() -> None:
    readers = {name for name in expanded.functions() if f"{PARAMETER}app_certificate" in _granted(name)}
    assert readers == {"tokens", "recorder"}


@each_function
def test_secrets_are_read_by_their_exact_names(name: str) -> None:
    parameters = {resource for resource in _granted(name) if ":parameter" in resource}
    assert parameters == {f"{PARAMETER}{secret}" for secret in SECRETS_READ.get(name, ())}


@pytest.mark.parametrize("name", sorted(SECRETS_READ))
def test_a_key_of_ones_own_is_used_through_ssm_only(name: str) -> None:
    (statement,) = (
        statement
        for statement in expanded.statements_of(expanded.functions()[name])
        if "kms:Decrypt" in expanded.actions_of(statement)
    )
    via = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert via == {"Fn::Sub": "ssm.${AWS::Region}.${AWS::URLSuffix}"}


def test_a_queue_is_sent_to_only_by_who_has_something_for_it() -> None:
    senders = {
        queue: {name for name in expanded.functions() if "sqs:SendMessage" in _granted(name).get(queue, set())}
        for queue in ("NoticesQueue.Arn", "RecorderQueue.Arn", "DeliveriesQueue.Arn", "PacksQueue.Arn")
    }
    assert senders == {
        "NoticesQueue.Arn": {"recording_webhook"},
        "RecorderQueue.Arn": {"projections", "recorder", "upkeep"},
        "DeliveriesQueue.Arn": {"projections", "reminders", "deliveries"},
        "PacksQueue.Arn": {"projections"},
    }


def test_the_recorder_lists_recordings_and_nothing_else_of_the_bucket() -> None:
    (statement,) = (
        statement
        for statement in expanded.statements_of(expanded.functions()["recorder"])
        if "s3:ListBucket" in expanded.actions_of(statement)
    )
    assert statement["Condition"] == {"StringLike": {"s3:prefix": "recordings/*"}}


def test_mail_is_sent_from_one_identity_only() -> None:
    (statement,) = (
        statement
        for statement in expanded.statements_of(expanded.functions()["deliveries"])
        if "ses:SendEmail" in expanded.actions_of(statement)
    )
    scope = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
    assert [resource["Fn::Sub"] for resource in statement["Resource"]] == [
        f"{scope}identity/${{MailIdentity}}",
        f"{scope}configuration-set/${{MailEvents}}",
    ]
