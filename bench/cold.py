"""Cold starts: each built function from its first import to its first client, over a stock function with boto3.

Ours is the artefact of `make build`: layer, bytecode and all. The other is what `sam build` makes of the function that
every tutorial begins with: it imports boto3, makes a DynamoDB client, and ships no bytecode. Processor time is what
counts, for Lambda gives a function a share of a processor; the time on the clock stands beside it.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.first_requests import first_requests
from bench.ground import Place
from bench.parameters import parameter_store
from bench.report import Result, show
from local.expand import read_template
from local.places import BUILD, ROOT, architecture

GOAL = 0.65
CHILD = Path(__file__).with_name("cold_child.py")
STOCK = BUILD.parent / "bench"
STOCK_APP = """import boto3

client = boto3.client("dynamodb")


def lambda_handler(event, context):
    return {"statusCode": 200, "body": "hello"}
"""
STOCK_TEMPLATE = """AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.lambda_handler
      CodeUri: src/
      Architectures: [{architecture}]
"""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A built function: its name, the folders Python finds it by, and its environment."""

    name: str
    folders: tuple[Path, ...]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start, in milliseconds."""

    wall: float
    cpu: float
    modules: int
    late: tuple[str, ...]


def run(place: Place, rounds: int) -> None:
    """Measures in turns, prints, and shows the imports of a function that misses the goal."""
    stock_build = _stock_build()
    with parameter_store() as address, tempfile.TemporaryDirectory(prefix="atelier-cold-") as folder:
        scratch = Path(folder)
        bases = _base_environment(place, address)
        ours = [
            Artefact(built.name, built.folders, bases | built.environment)
            for built in built_functions(place.table_name)
        ]
        stock = Artefact("stock", (stock_build,), bases)
        pairs: dict[str, list[tuple[Start, Start]]] = {artefact.name: [] for artefact in ours}
        for turn in range(rounds + 1):
            for artefact in random.sample(ours, len(ours)):
                pair = _start(artefact, scratch), _start(stock, scratch)
                if turn:  # The first turn only fills the machine's file cache.
                    pairs[artefact.name].append(pair)
        _report(pairs, rounds)
        _show_late(place, ours, scratch)
        for artefact in ours:
            if _result(artefact.name, pairs[artefact.name], "cpu").is_missed:
                _show_imports(artefact, scratch)


def built_functions(table_name: str) -> list[Artefact]:
    """Every function of the build, with the environment that the template gives it."""
    template = read_template(ROOT / "template.yaml")
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    found = []
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        own = properties.get("Environment", {}).get("Variables", {})
        environment = {name: _value(template, value, table_name) for name, value in {**shared, **own}.items()}
        folders = (BUILD / logical_id, BUILD / "SharedLayer" / "python")
        if missing := [path for path in folders if not path.is_dir()]:
            sys.exit(f"{missing[0].relative_to(ROOT)} is not there; `make build` makes it.")
        if not list(folders[0].rglob("*.pyc")):
            sys.exit(f"{folders[0].relative_to(ROOT)} has no bytecode; `make build` makes it.")
        found.append(Artefact(Path(properties["CodeUri"]).name, folders, environment))
    return sorted(found, key=lambda artefact: artefact.name)


def _value(template: dict[str, Any], value: Any, table_name: str) -> str:
    """A variable as it is deployed by default; where it names a resource, it is the table's name, and a queue's."""
    if not isinstance(value, dict):
        return str(value)
    parameter = template["Parameters"].get(value.get("Ref"))
    return str(parameter["Default"]) if parameter else table_name


def _base_environment(place: Place, parameters: str) -> dict[str, str]:
    """What Lambda tells every function; the table and the parameter store are emulated."""
    return {
        "PATH": os.defpath,
        "HOME": str(Path.home()),
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_DYNAMODB": place.address,
        "AWS_ENDPOINT_URL_SQS": place.address,
        "AWS_ENDPOINT_URL_SSM": parameters,
    }


def _stock_build() -> Path:
    """The stock function as `sam build` leaves it, built once for each version of boto3 that we ship."""
    pinned = re.search(r"^boto3==\S+", (ROOT / "shared" / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    if pinned is None:
        sys.exit("shared/requirements.txt does not pin boto3.")
    folder = STOCK / pinned[0]
    artefact = folder / ".aws-sam" / "build" / "HelloFunction"
    if not (artefact / "app.py").is_file():
        source = folder / "src"
        source.mkdir(parents=True, exist_ok=True)
        (source / "app.py").write_text(STOCK_APP, encoding="utf-8")
        (source / "requirements.txt").write_text(f"{pinned[0]}\n", encoding="utf-8")
        (folder / "template.yaml").write_text(STOCK_TEMPLATE.format(architecture=architecture()), encoding="utf-8")
        tools = os.pathsep.join((str(ROOT / ".local" / "sam" / "bin"), str(ROOT / ".venv" / "bin"), os.environ["PATH"]))
        environment = {**os.environ, "PATH": tools, "SAM_CLI_TELEMETRY": "0"}
        subprocess.run(["sam", "build"], cwd=folder, env=environment, check=True, capture_output=True)
    if list(artefact.rglob("*.pyc")):
        sys.exit(f"{artefact.relative_to(ROOT)} has bytecode, so it is no longer as `sam build` made it; delete it.")
    return artefact


def _start(artefact: Artefact, scratch: Path, events: Path | None = None, *flags: str) -> Start:
    """One cold start. -B keeps the stock function as it is; -S and -P leave out this project's own packages."""
    result = scratch / "result.json"
    folders = ":".join(map(str, artefact.folders))
    subprocess.run(
        [
            _interpreter(),
            "-B",
            "-S",
            "-P",
            *flags,
            str(CHILD),
            str(result),
            folders,
            *([str(events)] if events else []),
        ],
        env=artefact.environment,
        cwd=scratch,
        check=True,
        capture_output=not flags,
    )
    told = json.loads(result.read_text(encoding="utf-8"))
    if not told["client"]:
        raise RuntimeError(f"{artefact.name} has no client when its import is over")
    if failed := [status for status in told["statuses"] if status >= 300]:
        raise RuntimeError(f"{artefact.name} answered {failed}")
    return Start(told["wall"] * 1000, told["cpu"] * 1000, told["modules"], tuple(told["late"]))


def _interpreter() -> str:
    """The Python that the environment was made from."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _result(name: str, pairs: list[tuple[Start, Start]], kind: str) -> Result:
    ours, theirs = zip(*((getattr(mine, kind), getattr(stock, kind)) for mine, stock in pairs), strict=True)
    return Result(name, ours, theirs, GOAL)


def _report(pairs: dict[str, list[tuple[Start, Start]]], rounds: int) -> None:
    for kind, title in (("cpu", "processor time"), ("wall", "time on the clock")):
        results = [_result(name, started, kind) for name, started in pairs.items()]
        show(f"Cold start, {title}, {rounds} each in turns", "ms", "built function", "stock boto3 function", results)


def _show_late(place: Place, ours: list[Artefact], scratch: Path) -> None:
    """How much is only loaded by the first requests: nothing should be put off to them."""
    print("\nModules at the end of the import, and loaded later by the first requests\n")
    for artefact in ours:
        with _events(first_requests(place, artefact.name), scratch) as file:
            start = _start(artefact, scratch, file)
        late = ": " + ", ".join(start.late) if start.late else ""
        print(f"  {artefact.name.ljust(20)} {start.modules:4}   {len(start.late):3}{late}")


@contextmanager
def _events(events: list[dict[str, Any]], scratch: Path) -> Iterator[Path]:
    file = scratch / "events.json"
    file.write_text(json.dumps(events), encoding="utf-8")
    yield file
    file.unlink()


def _show_imports(artefact: Artefact, scratch: Path) -> None:
    """The fifteen imports that take longest, each with what it imports in turn."""
    done = subprocess.run(
        [_interpreter(), "-B", "-S", "-P", "-X", "importtime", str(CHILD), str(scratch / "result.json"),
         ":".join(map(str, artefact.folders))],
        env=artefact.environment, cwd=scratch, check=True, capture_output=True, text=True,
    )  # fmt: skip
    rows = re.findall(r"^import time:\s+(\d+) \|\s+(\d+) \| +(\S+)$", done.stderr, re.MULTILINE)
    print(f"\n{artefact.name}: the longest imports, in ms: own, with all they import, module\n")
    for own, total, module in sorted(rows, key=lambda row: -int(row[1]))[:15]:
        print(f"  {int(own) / 1000:8.1f} {int(total) / 1000:8.1f}   {module}")
