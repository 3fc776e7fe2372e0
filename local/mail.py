"""Mail that the local cloud sent: nothing leaves this machine, and what was sent can be looked at."""

import html
import json
from typing import Any

import httpx

from local.ministack import MiniStack

DOMAIN = "atelier.example"
SENDER = f"workshops@{DOMAIN}"
SHOWN = 20


def open_mail(emulator: MiniStack) -> None:
    """Let the deployment send from its domain to any address, as SES does once both are granted."""
    ses = emulator.client("sesv2")
    known = {identity["IdentityName"] for identity in ses.list_email_identities()["EmailIdentities"]}
    if DOMAIN not in known:
        ses.create_email_identity(EmailIdentity=DOMAIN)
    ses.put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL=f"https://{DOMAIN}", ProductionAccessEnabled=True, ContactLanguage="EN"
    )


def sent(emulator_url: str) -> list[dict[str, Any]]:
    """What was sent, the newest first."""
    answer = httpx.get(f"{emulator_url}/_ministack/ses/messages", timeout=10).json()
    accounts: dict[str, list[dict[str, Any]]] = answer["messages"]
    found = [message for messages in accounts.values() for message in messages]
    return sorted(found, key=lambda message: str(message.get("Timestamp", "")), reverse=True)


def print_mail(emulator_url: str) -> None:
    """Print the last messages, the newest last, as somebody reads them."""
    messages = sent(emulator_url)[:SHOWN]
    if not messages:
        print("No mail was sent yet.")
    for message in reversed(messages):
        print(f"{'-' * 80}\nTo       {', '.join(message['To'])}\nSubject  {message['Subject']}\n\n{_text(message)}")


def page(emulator_url: str) -> str:
    """The last messages as a page, each as its reader's mail program would show it."""
    letters = "".join(
        f"<p><b>{html.escape(message['Subject'])}</b><br>to {html.escape(', '.join(message['To']))}</p>"
        f'<iframe sandbox srcdoc="{html.escape(message.get("BodyHtml") or _text(message), quote=True)}"></iframe>'
        for message in sent(emulator_url)[:SHOWN]
    )
    return (
        '<!doctype html><meta charset="utf-8"><title>Mail</title><style>body{font:16px/1.5 system-ui;max-width:48rem;'
        "margin:2rem auto;padding:0 1rem}iframe{width:100%;height:30rem;border:1px solid #ccc}</style>"
        f"<h1>Mail that was sent</h1>{letters or '<p>None yet.</p>'}"
    )


def _text(message: dict[str, Any]) -> str:
    return str(message.get("BodyText") or json.dumps(message, indent=2))
