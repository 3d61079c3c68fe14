"""The witness: cosigns a log's checkpoints for as long as each continues the one before, and no other.

It is run by somebody else than the log: a court, a ministry, the police. It needs no database and sees no
event, only sizes and hashes. It speaks C2SP tlog-witness.
"""
