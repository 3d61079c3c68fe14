"""The command line: `scp-events` asks, imports, serves and shows; it decides nothing itself.

stdout is data, stderr is progress and what went wrong. Exit codes: 0 fine, 1 refused or failed, 2 usage,
3 a partial import, 4 a verification that failed.
"""
