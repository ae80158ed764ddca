"""The local stack: every AWS part on one machine, and the commands around it."""
