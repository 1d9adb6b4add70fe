"""``python -m candidates._search SPACE ...``: search a space, as ``tox run -e search`` does."""

if __name__ == "__main__":
    # Not at the top: each worker's process imports this module.
    from candidates._search.command import main

    raise SystemExit(main())
