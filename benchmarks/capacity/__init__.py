"""What a region needs for so many bookings an hour, on paper, from what was measured: docs/capacity.md.

    make capacity            # writes the page anew from the measurements
    make capacity-measure    # measures anew (dynoxide, some seconds), then writes it

`measured.json` says of each operation of docs/costs.md which tables it reads and writes, which keys, which messages it
sends, and how much CPU it takes here. Everything but the CPU is held by tests/test_costs.py; that the page is what the
model makes of it by tests/benchmarks/test_capacity.py.
"""
