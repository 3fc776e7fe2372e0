"""What tests of build packs do over and over: ask for one, let it be made, look at its file."""

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pypdfium2
from reportlab.pdfbase.ttfonts import TTFont

from atelier import aws, table
from atelier.guided import outputs
from atelier.guided.items import STEPS, BuildPack, pack_key
from atelier.packs import as_json, markdown, pdf, structure
from atelier.packs.document import Outcome
from functions.packs import app as function
from tests import guided
from tests.calling import Context, Reply
from tests.messages import Outbox
from tests.streaming import Stream

BUCKET = "atelier-packs"
FONTS = Path(function.__file__).with_name("fonts")


def outcomes(*found: Any) -> list[Outcome]:
    """Steps with these outputs, and the rest of the ten without one."""
    filled = [*found, *[None] * (len(STEPS) - len(found))]
    steps = enumerate(zip(STEPS, filled, strict=True), start=1)
    return [Outcome(step_id, order, step_id.title(), output) for order, (step_id, output) in steps]


def large() -> str:
    """An output as large as they may be, of long texts in many scripts."""
    line = "workshop überprüfen Nutzer team decision because 中文 日本語 테스트 people 🙂 the of and " * 6
    return "\n\n".join([line] * (outputs.MOST_BYTES // (len(line.encode()) + 4)))


def rendered(format_type: str, *found: Any) -> bytes:
    """A pack of these outputs in a format."""
    steps = outcomes(*found)
    if format_type == "json":
        return as_json.render("Handover", "Station 7", steps)
    document = structure.document_of("Handover", "Station 7", steps)
    return pdf.render(document, FONTS) if format_type == "pdf" else markdown.render(document)


def order(
    guided_id: str, format_type: str = "pdf", *, user: str = "owner", key: str | None = None, **body: Any
) -> Reply:
    """A request for a pack."""
    headers = {"Idempotency-Key": key} if key else None
    wanted = {"format_type": format_type, **body}
    return guided.ask("POST", f"/{guided_id}/build-packs", user=user, body=wanted, headers=headers)


def read(guided_id: str, pack_id: str, *, user: str = "owner") -> Any:
    """A pack as clients see it."""
    reply = guided.ask("GET", f"/{guided_id}/build-packs/{pack_id}", user=user)
    assert reply.status == 200, reply.text
    return reply.json


def stored(guided_id: str, pack_id: str) -> BuildPack | None:
    """A pack as it stands in the table."""
    return cast("BuildPack | None", table.read_one(pack_key(guided_id, pack_id)))


def receive(task: dict[str, str], *, tries: int = 1) -> bool:
    """Hands a task to the function as SQS does; whether it was carried out."""
    record = {
        "messageId": "m1",
        "receiptHandle": "r1",
        "body": json.dumps(task),
        "attributes": {"ApproximateReceiveCount": str(tries)},
    }
    answer = function.lambda_handler({"Records": [record]}, Context("packs", "r1"))
    return answer == {"batchItemFailures": []}


def make_all(stream: Stream, sent: Outbox) -> int:
    """Lets everything follow that was asked for; how many tasks that were."""
    stream.run()
    tasks = sent.to("packs")
    sent.clear()
    assert all(map(receive, tasks))
    return len(tasks)


def made(guided_id: str, stream: Stream, sent: Outbox, format_type: str = "pdf", **body: Any) -> Any:
    """A pack that was asked for and made."""
    reply = order(guided_id, format_type, **body)
    assert reply.status == 201, reply.text
    make_all(stream, sent)
    pack = read(guided_id, reply.json["id"])
    assert pack["status"] == "ready", pack
    return pack


def files() -> dict[str, bytes]:
    """Everything in the bucket."""
    client = aws.client("s3")
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
    return {key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def sha256(content: bytes) -> str:
    """The digest that a pack carries."""
    return hashlib.sha256(content).hexdigest()


def pages(content: bytes) -> list[str]:
    """The text layer of a PDF, page by page."""
    file = pypdfium2.PdfDocument(io.BytesIO(content))
    texts = []
    for page in file:
        layer = page.get_textpage()
        texts.append(str(layer.get_text_bounded()))
        layer.close()
        page.close()
    file.close()
    return texts


def signs_without_glyph(drawn: Sequence[tuple[TTFont, str]]) -> Iterator[str]:
    """Signs that a font was asked to draw and has no picture of: boxes on the page."""
    for font, text in drawn:
        yield from (sign for sign in text if ord(sign) not in font.face.charToGlyph)
