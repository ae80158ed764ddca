"""`make demo`: the whole journey over HTTP against a running local stack.

It uses only what others can use: the public API, the inbox, the Stripe sandbox, and `lambda:Invoke` of the scheduled
functions, which take an `as_of` that way and no other. It never reads or writes a table.
"""
