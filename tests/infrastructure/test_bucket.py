"""The buckets: nobody's but the account's, and they forget."""

import pytest

from tests.infrastructure import expanded

BUCKETS = expanded.of_type("AWS::S3::Bucket")
RETENTION = {"RecordingsBucket": "RecordingRetentionDays", "PacksBucket": "BuildPackRetentionDays"}

each_bucket = pytest.mark.parametrize("name", sorted(BUCKETS))


@each_bucket
def test_nothing_in_it_is_public(name: str) -> None:
    properties = BUCKETS[name]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


@each_bucket
def test_it_is_reached_over_tls_only(name: str) -> None:
    policies = [policy["Properties"] for policy in expanded.of_type("AWS::S3::BucketPolicy").values()]
    (policy,) = [policy for policy in policies if policy["Bucket"] == {"Ref": name}]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"][0] == {"Fn::GetAtt": [name, "Arn"]}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}


@each_bucket
def test_it_forgets_and_cannot_be_lost_by_accident(name: str) -> None:
    (rule,) = BUCKETS[name]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == {"Ref": RETENTION[name]}
    assert (BUCKETS[name]["DeletionPolicy"], BUCKETS[name]["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_recording_that_was_deleted_by_mistake_can_be_had_back_for_a_week() -> None:
    properties = BUCKETS["RecordingsBucket"]["Properties"]
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 7
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}


@each_bucket
def test_what_is_stored_is_encrypted(name: str) -> None:
    (rule,) = BUCKETS[name]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
