"""What stops a launch: said in one line, without a traceback."""

import sys
from collections.abc import Callable


class LaunchError(Exception):
    """Carries a sentence for the person at the terminal."""


def run_main(main: Callable[[], int]) -> None:
    """Run a script's main and exit with its code; a LaunchError becomes a line, Ctrl-C becomes silence."""
    try:
        sys.exit(main())
    except LaunchError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except PermissionError as error:
        sys.exit(f"{error.filename}: permission denied. Was this checkout used by another account before?")
