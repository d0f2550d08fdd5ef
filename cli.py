"""In a clone, ``python cli.py`` is what ``radtl`` is after installation."""

from radtl_tf.cli.main import main

if __name__ == "__main__":
    main()
