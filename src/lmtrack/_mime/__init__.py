"""Raw messages: their parts, their encodings, and the octets of a message object."""
