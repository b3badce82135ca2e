"""Bytes that nobody should send, against every decoder and stream reader of `meters_io`.

    python -m tests.fuzz [--minutes M] [TARGET ...]     led by coverage, as long as told (`make fuzz`)
    python -m tests.fuzz --replay FILE TARGET           one input again, as a plain call with a plain traceback

A target is a function of bytes that fails where a promise is broken (`targets`); what it promises stands in its
docstring. The tests beside it call the same functions with hypothesis, so that they run where atheris does not.
"""
