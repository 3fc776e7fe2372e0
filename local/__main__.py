"""`python -m local <command>`."""

import argparse
import importlib
import sys

REQUIRED = (3, 13)


def main() -> int:
    """Run one command; conditions a developer can mend are said in words."""
    if sys.version_info[:2] != REQUIRED:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write(
            f"This needs Python 3.13, the functions' runtime; this is {found}. "
            "Install it and run `make start`, which finds it by itself.\n"
        )
        return 1
    parser = argparse.ArgumentParser(prog="python -m local", description="The local cloud.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("start", help="build, deploy, load data, serve until Ctrl-C (PORT=, KEEP=1)")
    users = commands.add_parser("users", help="add users u001.. with tokens to the running cloud")
    users.add_argument("count", type=int)
    token = commands.add_parser("token", help="print a fresh token of a user")
    token.add_argument("name")
    commands.add_parser("mail", help="print the last mails that the running cloud sent")
    commands.add_parser("tour", help="the whole story over HTTP, step by step")
    redrive = commands.add_parser(
        "redrive", help="bring a queue's failures back to it (AWS=1 STACK= for a deployed stack)"
    )
    redrive.add_argument("queue")
    commands.add_parser("docs", help="write docs/openapi.json and docs/errors from the code")
    privilege = commands.add_parser("least-privilege", help="find policy statements that no e2e test misses")
    privilege.add_argument("functions", nargs="*", help="only these functions")
    arguments = parser.parse_args()

    # Imported late: it uses the syntax of the Python checked for above.
    status: int = importlib.import_module("local.commands").run(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
