"""Prove what a mail contains: audit, compare, verify, lint. Reads with lxml, writes nothing."""
