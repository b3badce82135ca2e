"""The rehearsal's control page (SPEC M-17): switches what goes wrong, while the programs do their work."""
