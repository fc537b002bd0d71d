"""Benchmarks of the request path: what `make bench` runs, and what docs/performance.md reports."""
