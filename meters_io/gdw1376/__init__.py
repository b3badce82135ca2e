"""Q/GDW 1376.1 (376.1-2009, and frames of 130-2005): master station and concentrator, both sides.

    frame, reader     a frame and its bytes; frames out of a stream that is cut anywhere
    tail, clock       password, event counters and time tag at the end of a frame; formats of time
    units             which points and functions a unit is about (DA, DT)
    formats           the data formats 1 to 27 of annex A
    functions/        what each Fn carries, one file an AFN: tables, no code
    editions          in what 2005, 2009 and 2013 differ
    message, parsing  any frame as plain values, by those tables, and back, byte for byte
    joining           answers in several frames, split and joined
    exchange          which answer belongs to which request
    link              login, heartbeat and confirmations as typed values
    signing           orders that an encryption machine has signed
    master, terminal  the link as each side lives it: state machines
    passage           a meter's own frame through a concentrator (AFN 10 F1)
    asking, archive, purchase_control, readings, events, reports
                      typed orders and answers, with amounts, moments and meter_values

Nothing here reads a clock or keeps a socket: `now`, numbers and all state are passed in.
"""
