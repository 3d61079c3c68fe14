"""Comparisons by ratio, interleaved in one run; each ends with one line of JSON.

python -m benchmarks.against_the_library [--format json] [--short]
"""
