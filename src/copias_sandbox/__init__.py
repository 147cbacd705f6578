"""A local Google Workspace and the demo's data, for the demo, the tests and the benchmarks.

The product never imports this package, but for the lazy ``copias sandbox`` verb.
"""
