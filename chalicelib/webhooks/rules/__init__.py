"""What webhooks go by. No I/O."""
