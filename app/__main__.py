"""`python -m app` is `relight`."""

from app.cli import main

main()
