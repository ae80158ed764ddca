"""What webhooks say over the wire: to owners by the API, and to endpoints as events."""
