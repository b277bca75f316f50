"""Prove what an email contains: audit, compare, verify, lint. Reads with lxml, writes nothing."""
