"""What a search costs, ours and others', on three sets of places: `make bench-search`."""
