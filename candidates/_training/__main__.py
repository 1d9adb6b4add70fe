"""``python -m candidates._training NAME ...``: train candidates, as ``tox run -e train`` does."""

if __name__ == "__main__":
    # Not at the top: each process that makes features imports this module, without TensorFlow.
    from candidates._training.train import main

    raise SystemExit(main())
