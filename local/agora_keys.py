"""A made-up Agora project: well-formed, random for every cloud, kept where the functions look for it.

The key that recordings are stored with belongs to a user made as the deployment guide says, so that the emulator
refuses Agora what AWS would refuse it.
"""

import json
import secrets

from local.agora import Project
from local.agora.project import CLOUD_RECORDING, RTC
from local.ministack import MiniStack

STORAGE_USER = "atelier-recordings"
_RANDOM_BYTES = 16


def put_agora_keys(emulator: MiniStack, parameter_path: str) -> Project:
    """Store all that Agora knows us by as SecureStrings under the path, unless an earlier run left some."""
    ssm = emulator.client("ssm")
    prefix = parameter_path.rstrip("/")
    kept = {
        entry["Name"].rsplit("/", 1)[-1]: entry["Value"]
        for entry in ssm.get_parameters_by_path(Path=prefix, WithDecryption=True)["Parameters"]
    }
    keys = {name: secrets.token_hex(_RANDOM_BYTES) for name in _RANDOM} | kept
    if "webhook_secrets" not in keys:
        keys["webhook_secrets"] = "\n".join(secrets.token_urlsafe(_RANDOM_BYTES) for _ in (RTC, CLOUD_RECORDING))
    if "storage_access_key" not in keys:
        keys["storage_access_key"], keys["storage_secret_key"] = _make_storage_user(emulator)
    for name in keys.keys() - kept.keys():
        ssm.put_parameter(Name=f"{prefix}/{name}", Value=keys[name], Type="SecureString", Overwrite=True)
    of_rtc, of_recording = keys["webhook_secrets"].split()
    return Project(
        app_id=keys["app_id"],
        app_certificate=keys["app_certificate"],
        customer_id=keys["customer_id"],
        customer_secret=keys["customer_secret"],
        webhook_secrets={RTC: of_rtc, CLOUD_RECORDING: of_recording},
        storage_access_key=keys["storage_access_key"],
        storage_secret_key=keys["storage_secret_key"],
    )


def let_store_in(emulator: MiniStack, bucket: str) -> None:
    """Allow the storage user to put recordings into a bucket, and nothing else."""
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/recordings/*"}
    emulator.client("iam").put_user_policy(
        UserName=STORAGE_USER,
        PolicyName="put-recordings",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


_RANDOM = ("app_id", "app_certificate", "customer_id", "customer_secret")


def _make_storage_user(emulator: MiniStack) -> tuple[str, str]:
    iam = emulator.client("iam")
    iam.create_user(UserName=STORAGE_USER)
    key = iam.create_access_key(UserName=STORAGE_USER)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]
