"""Benchmarks: ratios against a baseline measured in the same run, and query counts. `make bench`."""
