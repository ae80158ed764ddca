"""The proof of money: some thousand bookings, their payments, refunds, disputes, settlements and payouts, where nearly
everything goes wrong that can; and what must be true in the end.
"""
