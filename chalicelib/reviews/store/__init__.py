"""The reviews table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| review | review id (follows from the line) | `REVIEW` | see below | see below |
| what it said before | review id | `WAS#<number of the edit, 4 digits>` | | |
| a reader's vote | review id | `VOTE#<account>` | `BY#<account>`, `VOTE#<id>` | |
| a reader's report | review id | `REPORT#<account>` | `BY#<account>`, `REPORT#<id>` | |
| shown, by stars | `STARS#<shop>` | `<stars>#<created at>#<id>` | | |
| shown, with photographs or films | `MEDIA#<shop>` | `<created at>#<id>` | | |
| rating, a part | `RATING#<shop>` | `#<part>`; of somebody who works there `<staff id>#<part>` | | |
| photograph or film | review id | `MEDIA#<place>` | `UNSEEN`, `<worked again at>#<id>#<place>`, see below | |

A review stands in one list at a time by gsi1: until it is opened in `BLIND#<part>`, by when that is; then, shown, a
customer's in `SHOP#<shop>` and a merchant's in `GUEST#<customer>`, by when it was written; held or removed in none. A
customer's, shown, stands in `SHOP#<shop>` by gsi2 too, by `<helpful, 8 digits>#<created at>#<id>`.

A photograph is in the index while it waits for a classifier that does not answer.

Rows of before: a review without `version`, `state` and the rest stands in the newest-first list alone, until it is
voted for (the most helpful) or changed (all). A rating's one row, sk `RATING`, is read beside its parts: it counts what
such reviews counted, which their first change takes over.

A review names its author by account and by an abbreviated name; nothing here leads to a person without the accounts.

A rating lies in `PARTS` rows, of which a writer adds to any one: many who review a shop at once seldom meet. Its
version is the sum of theirs: it never falls, since no part's does and reads are consistent. The parts of a person's
rating lie beside the shop's, so that one Query reads all of them.

| pattern | requests | units (small rows) |
|---|---|---|
| write a blind one | part of the use case's transaction | 2 write, 1 for the index, 2 to look at the other side's row |
| open one | part of a transaction | 2 write, 2 each for stars and rating, 2 for a person's, 3 for the indexes |
| change what one says, and keep what it said | part of a transaction | 4 write, 2 for the indexes, and what counts |
| vote | part of a transaction | 4 write, 1 for the voter, 2 to move it in the index |
| report | part of a transaction | 4 write, 1 for the reporter, 2 for the review's own indexes |
| from where those reports came that count | 1 Query, consistent | 1 read per 4 KB: some 20 of all of a review's |
| how much somebody reported lately | 1 Query | 0.5 read per 4 KB: some 20 of all their reports |
| a shop's rating | 1 Query, consistent | 1 read per 4 KB: a part has about 300 bytes |
| with everybody's who works there | 1 Query, consistent | likewise; a person's part has about 200 bytes |
| a review | 1 GetItem, consistent | 1 read per 4 KB |
| both sides', or up to 100 | 1 BatchGetItem, consistent | 1 read each |
| reviews of a shop, newest or most helpful first | 1 Query | 0.5 read per 4 KB |
| by stars, with so many stars, with media | 1 Query and 1 BatchGetItem | 0.5 read per 4 KB of keys, and 0.5 each |
| filtered by anything else | 1 Query for each `SCANNED` looked at, 3 at most | 0.5 read per 4 KB |
| those whose time has come | 8 Queries | 0.5 read per 4 KB each |
| photographs and films of one | 1 Query, consistent | 1 read |
| one is expected, or changes | 1 transaction | 2 write, and 3 for a message |
| one waits for a classifier, or is sent again | 1 transaction | 2 write, 1 or 2 for the index, 3 for the message |
| those that wait for one | 1 Query | 0.5 read per 4 KB: some 10 of them |
| one is shown | 1 transaction | 4 write, 2 for the indexes, 4 where it is the first; 3 for the message |
"""

from chalicelib.reviews.store.media import MediaTable
from chalicelib.reviews.store.reviews import ReviewStore
from chalicelib.reviews.store.voices import VoiceStore

__all__ = ["MediaTable", "ReviewStore", "VoiceStore"]
