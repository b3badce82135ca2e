"""The head end around the codecs of `meters_io`: links, sessions and verbs. No database, no product rules."""
