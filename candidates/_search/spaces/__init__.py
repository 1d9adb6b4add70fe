"""One module a space, each with ``SPACE = Space(...)``."""
