"""What stands in for the outside world on a developer's machine: a Stripe that needs no internet (`stripe`) and an
inbox that catches text messages and mail (`inbox`). Development tools: neither ever ships.
"""
