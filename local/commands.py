"""What each command of `python -m local` does."""

import argparse

from local.errors import LocalError
from local.people import add_crowd, find_pool
from local.places import home
from local.stack import read_stack, write_stack


def run(arguments: argparse.Namespace) -> int:
    """Carry out a parsed command; returns the exit status."""
    match arguments.command:
        case "start":
            from local.start import start

            start(home())
        case "users":
            _users(arguments.count)
        case "token":
            stack = read_stack(home().stack_file)
            print(find_pool(stack["aws"]["endpoint_url"]).token(arguments.name))  # noqa: T201
        case "tour":
            from local.tour import tour

            return tour(read_stack(home().stack_file))
        case "least-privilege":
            from local.least_privilege import report_unmissed

            return report_unmissed(read_stack(home().stack_file), arguments.functions)
    return 0


def _users(count: int) -> None:
    if not 0 < count <= 5000:
        raise LocalError(f"Ask for 1 to 5000 users, not {count}.")
    file = home().stack_file
    stack = read_stack(file)
    added = add_crowd(stack, count)
    write_stack(file, stack)
    print(f"{len(added)} added; the cloud has {len(stack['users'])} users.")  # noqa: T201
