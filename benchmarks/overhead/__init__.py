"""What our API handler costs in CPU beside a bare Chalice handler that makes the same database calls.

    make bench-overhead

Three are asked the same in turn, request by request, in one process:

- ours: `app.app` with an API Gateway event and all that it does: edge, routing, token, limits, validation, the use
  case, rendering by schema, the stored answer, the log line;
- bare: Chalice and one view for each route, which reads what it needs from the request, calls the same use case, makes
  therefore the same database calls through the same client, and hands Chalice a dictionary. No token, no check, no
  schema, no log. The run fails if its calls are not ours, one by one;
- calls: Chalice and a view that only repeats the botocore calls that ours has just made, with their very arguments, on
  tables of its own that follow ours. What is not in it is all of our code, and PynamoDB: it computes no answer.

The client's CPU is counted alike in all: signing, serialising, HTTP and parsing in this process; the database's own is
another process's. The provider that is asked to take a payment answers from memory; notices are signed and verified as
Stripe's. The verdict is of ours beside bare.
"""
