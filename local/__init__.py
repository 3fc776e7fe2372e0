"""The local cloud: the real template on an emulator, with people, data and a front door.

`python -m local start` is `make start`; `python -m local --help` lists the rest.
"""
