"""Commissioning (购电投入调试): meters are tried together, trial by trial, before they go live (SPEC H-13)."""
