"""Whether what was saved can be had again: exports, what a stage's tables say, and a drill that loses everything."""
