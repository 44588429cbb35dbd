"""`python -m virtual_register`: the same as `manage.py virtual_register`, on a machine without the server's code."""

import sys

from virtual_register.cli import main

sys.exit(main(sys.argv[1:]))
