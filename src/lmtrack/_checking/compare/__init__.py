"""Whether several recipients' copies can be told apart."""
