"""The bucket of recordings: nobody's but the account's, and it forgets."""

from tests.infrastructure import expanded

BUCKET = expanded.only("AWS::S3::Bucket")
PROPERTIES = BUCKET["Properties"]


def test_nothing_in_it_is_public() -> None:
    assert set(PROPERTIES["PublicAccessBlockConfiguration"].values()) == {True}
    assert PROPERTIES["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_it_is_reached_over_tls_only() -> None:
    (statement,) = expanded.only("AWS::S3::BucketPolicy")["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}


def test_it_forgets_and_cannot_be_lost_by_accident() -> None:
    (rule,) = PROPERTIES["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == {"Ref": "RecordingRetentionDays"}
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 7
    assert PROPERTIES["VersioningConfiguration"] == {"Status": "Enabled"}
    assert (BUCKET["DeletionPolicy"], BUCKET["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_what_is_stored_is_encrypted() -> None:
    (rule,) = PROPERTIES["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
