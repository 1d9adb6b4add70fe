"""``python -m candidates._training NAME ...``: train candidates, as ``tox run -e train`` does."""

if __name__ == "__main__":
    import platformdirs

    from candidates._training.quiet import quiet

    with quiet(platformdirs.user_cache_path("spotbench") / "training.log"):
        # Not at the top: each process that makes features imports this module, without TensorFlow.
        from candidates._training.train import main

        status = main()
    raise SystemExit(status)
