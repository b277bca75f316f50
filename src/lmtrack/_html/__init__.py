"""HTML as the WHATWG tokeniser reads it: grammar, scanners, attribute values. Nothing here knows what tracking is."""
