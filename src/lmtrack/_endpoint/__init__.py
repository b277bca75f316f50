"""What a tracking host does with a request, piece by piece: `endpoint` puts the pieces together."""
