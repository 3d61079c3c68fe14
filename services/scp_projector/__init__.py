"""Keeps the read models in step with the event log, and seals it.

`python -m scp_projector` follows with one thread for each projection, and seals the log with two more. Two of
them on one database do no harm: the newer takes over, the older is fenced; sealing, they take turns.
"""
