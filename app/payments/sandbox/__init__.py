"""The reference payment plug-in, and the rehearsal bank that it speaks to."""
