"""Operations on devices: planned for one or for thousands, carried out in slices, watched, stopped (SPEC H-3)."""
