"""Run ``radtl`` from a clone: ``python cli.py`` is the same command."""

from radtl_tf.cli.main import main

if __name__ == "__main__":
    main()
