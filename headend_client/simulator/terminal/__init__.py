"""What a simulated concentrator is asked and ordered itself: archive, parameters, clock, events, what it has read.

state       what it remembers; `happened` is the way in for events
event_log   two rings of 256 events, and how far they count
factory     parameters as they are before anybody set one
orders      AFN 01, 04 and 05: obeyed, or refused by unit
meter_data  what it read from its meters: as each function wants it
knowledge   AFN 0A, 0C, 0D and 0E: questions
desk        any frame in, the frames of its answer out
reporter    reports repeated until they are confirmed
"""
