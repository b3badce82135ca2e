"""What can be done to a meter, one verb a file: build, exchange, read the answer.

How a verb ends is the heart of it:

    Unreachable (raised)   surely no bytes left that could change the meter
    Unknown                they left, and nothing that came back settles what became of them
    Refused                the meter looked at it and said no
"""
