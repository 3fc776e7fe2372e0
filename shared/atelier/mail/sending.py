"""Sending by SES (the API's version 2)."""

from atelier import aws


def send(raw: bytes, *, recipient: str, sender: str, configuration_set: str | None) -> str:
    """Hands a message to SES; gives back SES's id of it. SES has no idempotency token: who calls twice sends twice.

    Raises botocore's own errors.
    """
    options = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    answer = aws.client("sesv2").send_email(
        FromEmailAddress=sender, Destination={"ToAddresses": [recipient]}, Content={"Raw": {"Data": raw}}, **options
    )
    told: str = answer["MessageId"]
    return told
