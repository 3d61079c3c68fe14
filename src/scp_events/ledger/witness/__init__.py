"""Cosigning other logs' checkpoints, and asking others to cosign ours. Needs no database."""
