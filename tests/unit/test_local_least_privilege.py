"""Taking single permissions out of a policy."""

from typing import Any

from local.least_privilege import Grant, grants_of

DOCUMENT: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Table", "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": "arn:t"},
        {"Sid": "Indexes", "Effect": "Allow", "Action": "dynamodb:Query", "Resource": ["arn:t/a", "arn:t/b"]},
        {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": ["arn:l/1", "arn:l/2"]},
    ],
}


def grants() -> list[Grant]:
    return list(grants_of("role", "policy", DOCUMENT))


def test_every_action_and_each_of_several_resources_is_tried() -> None:
    assert [str(grant) for grant in grants()] == [
        "dynamodb:GetItem (Table)",
        "dynamodb:PutItem (Table)",
        "dynamodb:Query (Indexes)",
        "t/a (Indexes)",
        "t/b (Indexes)",
    ]


def test_one_action_less_leaves_the_rest_of_the_statement() -> None:
    table = grants()[0].without()["Statement"]
    assert table[0]["Action"] == ["dynamodb:PutItem"]
    assert table[1:] == DOCUMENT["Statement"][1:]


def test_the_last_action_takes_its_statement_along() -> None:
    assert [statement.get("Sid") for statement in grants()[2].without()["Statement"]] == ["Table", None]


def test_one_resource_less_keeps_the_other() -> None:
    assert grants()[3].without()["Statement"][1]["Resource"] == ["arn:t/b"]


def test_a_policy_never_becomes_empty() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "arn:q"}]}
    (grant,) = grants_of("role", "policy", document)
    assert grant.without()["Statement"] == [{"Effect": "Deny", "Action": "sqs:GetQueueUrl", "Resource": "*"}]
