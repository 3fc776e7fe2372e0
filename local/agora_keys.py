"""A made-up Agora project: well-formed, random for every cloud, kept where the functions look for it."""

import secrets

from local.ministack import MiniStack
from local.stack import Agora


def put_agora_keys(emulator: MiniStack, parameter_path: str) -> Agora:
    """Store an app id and certificate as SecureStrings under the path, unless an earlier run left some."""
    ssm = emulator.client("ssm")
    prefix = parameter_path.rstrip("/")
    kept = {
        entry["Name"].rsplit("/", 1)[-1]: entry["Value"]
        for entry in ssm.get_parameters_by_path(Path=prefix, WithDecryption=True)["Parameters"]
    }
    keys: dict[str, str] = {}
    for name in ("app_id", "app_certificate", "webhook_secret"):
        keys[name] = kept.get(name) or secrets.token_hex(16)
        ssm.put_parameter(Name=f"{prefix}/{name}", Value=keys[name], Type="SecureString", Overwrite=True)
    return Agora(
        url=None,
        app_id=keys["app_id"],
        app_certificate=keys["app_certificate"],
        webhook_secret=keys["webhook_secret"],
    )
