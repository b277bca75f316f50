"""Raw messages: their parts, their encodings, and the bytes of a message object."""
