"""A stand-in for Agora: its REST API, its rooms and recorders, and the notices it sends, on a clock of one's own.

In the local cloud it runs in the process of `make start`; `curl <agora>/_simulator/state` shows what it knows, and
`POST /_simulator/{join, leave, crash, role, failover, lose, fail, misbehave, reset}` drives it (see `control`).

In tests (`tests/agora_simulator.py` has it as a context manager over real HTTP):

    simulator = Simulator(PROJECT, clock=lambda: 1_700_000_000.0)
    simulator.join("a1b2", 7, token)             # a person's device enters, with a real token
    simulator.deliver()                          # hands every notice that is due to `simulator.send`
    simulator.sent                               # what was handed over: body, headers, answer
    simulator.faults.drop = 0.3                  # and lose, double, shuffle, forge ... what comes later
    simulator.fail("start", status=500, code=62) # the next start fails

Nothing moves by itself: `tick()`, which every call begins with, brings about what was due by the clock. `deliver()`
does so too and then sends; `Running` (see `server`) does both in the background.

What is not Agora's: the times are short (`Pace`), no client is put out when its token expires (real ones renew it), and
a rule against publishing changes what a person publishes, not the role.
"""

from local.agora.project import Pace, Project
from local.agora.simulator import Simulator

__all__ = ["Pace", "Project", "Simulator"]
