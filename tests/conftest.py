"""What holds for every test."""

import signal

from hypothesis import settings

# Whoever is started in the background of a script ignores Ctrl-C, and so does whoever they start:
# the programs that tests interrupt would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test expects anything of the machine's speed: an example may take as long as it takes.
settings.register_profile("taskyard", deadline=None)
settings.load_profile("taskyard")
