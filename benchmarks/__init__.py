"""Comparisons by ratio, interleaved in one run on one server; each ends with one line of JSON.

    python -m benchmarks.append           decide and record, from 1 to 64 callers
    python -m benchmarks.http             the same over HTTP
    python -m benchmarks.lag              from a commit to whoever follows the log
    python -m benchmarks.opening          where a case stands, by its length
    python -m benchmarks.growth           with ten thousand to five million events
    python -m benchmarks.catching_up      a read model built from nothing
    python -m benchmarks.costs            where the time of an append goes
    python -m benchmarks.encrypted_fields what encrypting fields costs
    python -m benchmarks.tree_writing     the ledger, against appending
    python -m benchmarks.verifying        a whole log, against fetching its rows
    python -m benchmarks.matching         a group with its mentors, against SciPy's solver alone

`--short` stays under a minute and measures less; `--format json` is the only form. What is compared and what
it showed is told in docs/BENCHMARKS.md.
"""
