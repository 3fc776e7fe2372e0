"""One cold start, in a fresh interpreter: `cold_child.py RESULT FOLDERS [EVENTS]`.

Imports `app` from FOLDERS and writes to RESULT how long that took. Given EVENTS, it then answers these and tells which
modules only that loaded. Nothing is imported before `app` that a bare interpreter does not have.
"""

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(result: str, folders: str, events: str = "") -> None:
    """Measure first; everything else comes after."""
    sys.path[:0] = folders.split(":")
    began, began_cpu = time.perf_counter(), time.process_time()
    app = __import__("app")
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    modules = set(sys.modules)

    import json  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    told = {"wall": wall, "cpu": cpu, "modules": len(modules), "client": _has_client(app), "late": [], "statuses": []}
    if events:
        modules |= set(sys.modules)
        made = json.loads(Path(events).read_text(encoding="utf-8"))
        told["statuses"] = [_status(app.lambda_handler(event, _Context())) for event in made]
        told["late"] = sorted(set(sys.modules) - modules)
    Path(result).write_text(json.dumps(told), encoding="utf-8")


def _status(answer: "dict[str, Any]") -> int:
    """The status of an answer; a batch whose records failed counts as 500."""
    return int(answer.get("statusCode", 500 if answer.get("batchItemFailures") else 200))


def _has_client(app: object) -> bool:
    """Whether the first client exists: the table's, or the one that the plain function made."""
    table = sys.modules.get("atelier.table")
    if table is None:
        return hasattr(app, "client")
    connection = table.Item._connection  # noqa: SLF001 - nothing public tells
    return connection is not None and connection.connection._client is not None  # noqa: SLF001


class _Context:
    """What Lambda tells of an invocation."""

    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


if __name__ == "__main__":
    main(*sys.argv[1:])
