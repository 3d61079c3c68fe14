"""Other event stores, each from its own package; `make peers` installs them beside this file.

    umadb         its own server, its own file; called by threads of a Python process
    message_db    SQL functions on our PostgreSQL; called by threads of this process
    emmett        a TypeScript library on our PostgreSQL; called by promises of a Node process

All record one event of the same bytes at a time, on condition that its stream is where the caller left it,
and wait until it is on disk. A peer's callers do less than ours: they decide nothing and encrypt nothing. The
module of a peer says what it promises beyond that, more or less than ours.
"""
