"""The mail that the cloud sent to people of the tests."""

import re
import time
from typing import Any

from local import mail
from tests.e2e.api import Api
from tests.e2e.scenes import PATIENCE_S, need

CODE = "is your code"


def address(who: str) -> str:
    """Where somebody reads mail."""
    return f"{who}@mail.example.test"


def letters(api: Api, who: str) -> list[dict[str, Any]]:
    """What somebody got, the newest first."""
    return [letter for letter in mail.sent(api.stack["aws"]["endpoint_url"]) if address(who) in letter["To"]]


def subjects(api: Api, who: str) -> list[str]:
    """The subjects of what somebody got, in the order of the alphabet: mail of one moment has no other."""
    return sorted(letter["Subject"] for letter in letters(api, who))


def letter_about(api: Api, who: str, subject: str) -> dict[str, Any]:
    """The newest letter whose subject holds this, once there is one."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := [letter for letter in letters(api, who) if subject in letter["Subject"]]):
        assert time.monotonic() < deadline, f"no letter about {subject!r}"
        time.sleep(0.1)
    return found[0]


def code_for(api: Api, who: str) -> str:
    """The code that was mailed to somebody who has just entered an address."""
    found = re.search(r"\b\d{6}\b", letter_about(api, who, CODE)["BodyText"])
    assert found
    return found[0]


def give_address(api: Api, *people: str) -> None:
    """Let people enter an address and confirm it by the code that is mailed there."""
    for who in people:
        need(api(who, "PATCH", "/me", {"email": address(who)}), 200)
    for who in people:
        need(api(who, "POST", "/me/email/verify", {"code": code_for(api, who)}), 200)


def link_of(letter: dict[str, Any]) -> str:
    """The one-click link of a letter, as RFC 8058 wants it told."""
    headers = letter["Headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"]
    assert (link[0], link[-1]) == ("<", ">")
    assert link[1:-1] in letter["BodyText"]
    return str(link[1:-1])
