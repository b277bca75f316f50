"""Strategies for senders' own suites; hypothesis is imported when one is asked for."""
