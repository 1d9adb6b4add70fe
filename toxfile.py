"""Read by tox: notes the folder it was called in, which tox itself tells no command."""

import os

os.environ["CALLED_FROM"] = os.getcwd()
