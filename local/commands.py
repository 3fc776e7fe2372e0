"""What each command of `python -m local` does."""

import argparse
import sys

import httpx
from botocore.exceptions import EndpointConnectionError

from local.documents import write_documents
from local.errors import LocalError
from local.least_privilege import report_unmissed
from local.mail import print_mail
from local.people import add_crowd, find_pool
from local.places import home
from local.redrive import redrive
from local.stack import read_stack, write_stack
from local.start import start
from local.tour import tour

MOST_USERS = 5000


def run(arguments: argparse.Namespace) -> int:
    """Carry out a parsed command; returns the exit status. What a developer can mend is said in words."""
    try:
        return _run(arguments)
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
    except (httpx.TransportError, EndpointConnectionError):
        file = home().stack_file
        sys.stderr.write(f"The local cloud of {file} does not answer any more. Start one with `make start`.\n")
    return 1


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "start":
            start(home())
        case "users":
            _users(arguments.count)
        case "token":
            stack = read_stack(home().stack_file)
            print(find_pool(stack["aws"]["endpoint_url"]).token(arguments.name))
        case "mail":
            print_mail(read_stack(home().stack_file)["aws"]["endpoint_url"])
        case "tour":
            return tour(read_stack(home().stack_file))
        case "redrive":
            redrive(arguments.queue)
        case "docs":
            write_documents()
        case "least-privilege":
            return report_unmissed(home().stack_file, arguments.functions)
    return 0


def _users(count: int) -> None:
    if not 0 < count <= MOST_USERS:
        raise LocalError(f"Ask for 1 to {MOST_USERS} users, not {count}.")
    file = home().stack_file
    stack = read_stack(file)
    added = add_crowd(stack, count)
    write_stack(file, stack)
    print(f"{len(added)} added; the cloud has {len(stack['users'])} users.")
