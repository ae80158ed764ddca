"""What profiles know without looking: addresses, notices and quiet hours, blocks. No I/O."""
