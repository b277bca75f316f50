"""E-mail tracking primitives as plain functions: decide, rewrite, sign, classify, prove."""

from __future__ import annotations
