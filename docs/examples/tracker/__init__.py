"""A complete small tracking host: it sends three sample letters, answers their links and pixels, and shows what came.

`python docs/examples/tracker` starts it; `README.md` says what is in which file.
"""
