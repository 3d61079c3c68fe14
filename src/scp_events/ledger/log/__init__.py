"""Keeping the ledger of one log: its tables, the tree writer, published checkpoints, comparing, verifying."""
