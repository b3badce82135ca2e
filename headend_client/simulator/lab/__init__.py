"""The fault laboratory: what ways to meters and concentrators cost and lose, and everything else that goes wrong.

dice      chance that depends on a seed and on what is asked about, and on nothing else
paths     latency and loss of each kind of way, as data
faults    what goes wrong beside that, as data
spec      one laboratory as a file says it
mangling  what faults do to frames and bytes
weather   one concentrator's share of it: what becomes of each exchange, and of each link
"""
