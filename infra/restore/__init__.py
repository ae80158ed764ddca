"""`make restore`: a stage's tables as they stood at one moment, under another prefix. See `infra.restore.__main__`."""
