"""Exchanges of meters: begun, the old one read a last time, finished or called off (SPEC H-7, M-12).

begin --> reading of the old meter (or figures that somebody saw) --> what is on its way settles or moves --> finish
"""
