"""STS prepayment tokens (IEC 62055-41): made on the vending side, accepted on the meter side.

    pan         meter numbers, both Luhn digits
    tid         token identifiers (minutes), base dates, key expiry numbers
    amounts     the 16-bit units field and the 20-bit currency field
    crc         the token's checksum in its two variants
    ciphers/    EA11 (MISTY1), EA07 (STA, needs substitution tables), DES for old keys
    keys        decoder keys from vending keys (DKGA04, DKGA02)
    token       20 digits <-> 66 bits <-> class and 48 bits of data
    anatomy     any token of any class, read
    transfer    class 0: credit in units and in currency
    displays    class 1: tests and displays, which take no key
    management  class 2: one meter's limits, registers, tamper state and flags
    key_change  class 2: sets of two, three or four tokens that carry a new key
    key_types   which kind of key may take the place of which
    vending     issuing under one key: one TID per token, one token per request
    vending_point, vending_record, vending_saved, vending_change, key_ring
                issuing through key changes: the set first, under the old key, then the token under the new one
    meter       accepting: the order of checks; with meter_rules, meter_state (can be saved), results
                and the parts meter_actions, meter_displays, meter_key_change, lockout
    keypad      digits one at a time until a token is whole

Nothing here reads a clock, draws a random number or keeps a file: `now`, `rnd` and all state are passed in.
Tokens for live meters need vending keys that only the key management centre issues into certified security
modules; this engine serves closed fleets with keys of their own, simulators, meters and tests.
"""
