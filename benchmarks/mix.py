"""How often each request comes for one booking that is paid: the mix of load test, overhead and model.

There is no traffic to take it from. It is an assumption, made on the busy side: of twenty searches one ends in a
booking (people look around, refine and come back), every third hold is not paid.
"""

PER_BOOKING = {
    "search": 20.0,
    "a shop's page": 8.0,
    "free times": 5.0,
    "hold": 1.5,
    "pay: begin": 1.1,
    "pay: the provider's notice": 2.0,
    "read an order": 4.0,
}

CENTRE = (31.23, 121.46)
"""Where people look around, latitude and longitude."""
