"""The machine that breaks promises on purpose: each attack tries one of them again and again, and ends in figures.

`scripts/attack` runs it. An attack is a module of this package with `run(plan) -> Outcome`; it uses the real programs,
and loopback or namespaces of its own only. What an attack must find when something is broken is tested in
tests/unit/test_attacking_*.py: an attack that cannot fail says nothing.
"""
