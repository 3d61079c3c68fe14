"""A log to record in, and one to try things on first.

A row of several commands is tried first, so that it is recorded whole or not at all. A dry run is tried from
beginning to end: no lock is taken and nothing is written.
"""
