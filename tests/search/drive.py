"""``python -m tests.search.drive SPACE ...``: the search's command line with stubs for work."""

if __name__ == "__main__":
    from candidates._search.command import main
    from tests.search.stubs import STUB, load

    raise SystemExit(main(work=STUB, load=load))
