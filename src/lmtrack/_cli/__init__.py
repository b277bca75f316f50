"""The parts of the `lmtrack` command: arguments, files, what is printed, and the longer verbs."""
