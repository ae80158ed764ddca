"""Load over HTTP against the deployed local stack: arrivals at a constant rate, whatever the answers take.

    make load [RATE=5] [SECONDS=60] [CLIENTS=8]
    make load RAMP="2 4 8 16" SECONDS=15

An open model: when somebody comes does not depend on how the last one fared. Each arrival has a moment at which it is
due, and its latency is counted from then (corrected), beside what a stopwatch started at the sending would say
(uncorrected). A generator that waits for an answer before it sends the next request leaves out the requests that a slow
server kept it from sending, and its percentiles look better than what people meet (coordinated omission).

Most arrivals only look around, as `benchmarks.mix` says; some book, pay at the Stripe sandbox, wait until the signed
notice has been worked, are checked in and served by the merchant, and review. Afterwards everything is counted: nobody
may have got somebody else's time, every paid order must be completed, and the books must balance to the last fen.

What is measured is one machine: the emulator runs every parallel request in a process of its own, in which the function
competes with the emulator, the sandboxes and this generator for the same cores. Errors, counts and what the functions
asked of the database are true of AWS too; the milliseconds are not.
"""
