"""Concentrators and meters that are not there: own processes, real frames over TCP, faults by script or by chance.

Shares `meters_io` with the product and nothing else, so that an error of the product cannot hide in here too.
`simulation.Simulation` runs in a test's own process, `main` as a program; `world` is what both are made from.
`terminal` is what a concentrator answers for itself, `lab` the fault laboratory, `town` a world by a rule.
"""
