"""The reviews table.

| row | pk | sk | gsi1 |
|---|---|---|---|
| review | review id (follows from the line) | `REVIEW` | while shown: `SHOP#<shop>`, `<created at>#<review id>` |
| rating | `RATING#<shop>` | `RATING` | |

A review names its author by account and by an abbreviated name; nothing here leads to a person without the accounts.

| pattern | requests | units (small rows) |
|---|---|---|
| write (review, its index entry, rating) | part of the use case's transaction | 4 write, and 1 for the index |
| change it, and what it counts for | part of a transaction | 2 write, 2 for the rating, 1 for the index |
| rating | 1 GetItem, consistent | 1 read |
| a review | 1 GetItem, consistent | 1 read per 4 KB |
| reviews of a shop | 1 Query | 0.5 read per 4 KB |
"""

from chalicelib.reviews.store.reviews import ReviewStore

__all__ = ["ReviewStore"]
