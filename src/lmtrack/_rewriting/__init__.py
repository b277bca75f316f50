"""What every rewriting shares: plan, sign, splice."""
