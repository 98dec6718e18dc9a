"""`python -m losscli`, and the command `losscli`."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # until `main` listens, there is nothing to clean up
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from losscli.cli.app import main

if __name__ == "__main__":
    main()
