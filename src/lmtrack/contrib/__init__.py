"""Adapters for other packages: each needs the package it is named after, and nothing else imports them."""
