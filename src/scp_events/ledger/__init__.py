"""Proof that history was not altered: a Merkle tree over the log, signed checkpoints, and witnesses.

The formats are those of RFC 6962 and C2SP (signed note, checkpoint, tiles, proof, cosignature, witness), so
that tools that know nothing of this project can check what it says.
"""
