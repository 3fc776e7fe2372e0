"""The JSON pack, as `docs/schemas/build-pack.schema.json` describes it: the outputs themselves, nothing left out."""

import json
from collections.abc import Iterable

from atelier.packs.document import Outcome, ordered

FORMAT = "atelier.build-pack"
FORMAT_VERSION = 1


def render(title: str, subject: str, outcomes: Iterable[Outcome]) -> bytes:
    """The pack as UTF-8. Keys stay in the order of the outputs, so equal values give equal bytes."""
    pack = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "title": title,
        "guided_workshop": {"title": subject},
        "steps": [
            {"id": outcome.step_id, "order": outcome.order, "name": outcome.name, "output": outcome.output}
            for outcome in ordered(outcomes)
        ],
    }
    return f"{json.dumps(pack, ensure_ascii=False, indent=1, allow_nan=False)}\n".encode()
