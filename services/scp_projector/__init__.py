"""Keeps the read models in step with the event log.

`python -m scp_projector` follows with one thread for each projection. Two of them on one database do no harm:
the newer takes over, the older is fenced.
"""
