"""Keeps the ledger of the event log: follows it, writes the tree, signs checkpoints and publishes them.

`python -m scp_ledger` signs a checkpoint for every 256 events, or a minute after the first of them, has
witnesses cosign it, and writes it down outside the database. Two on one database take turns.
"""
