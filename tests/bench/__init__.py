"""The same work as a machine, by hand and in other libraries, in one run: ``python tests/bench/run.py --help``."""
