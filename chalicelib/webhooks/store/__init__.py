"""The webhooks table.

| row | pk | sk | gsi1 |
|---|---|---|---|
| endpoint | `OWNER#<account>` | `END#<endpoint>` | `DUE`, `<wake at>#<endpoint>` while something waits for it |
| listener | `LISTENERS` | `<account>` | |
| delivery | `LOG#<endpoint>` | `<event>` | `WAIT#<endpoint>`, `<next at>#<event>` while it waits |

Whoever has an endpoint is a listener: one partition of small rows, which the relay reads twice a minute at most, so
that of merchants without endpoints nothing is sent to the queue, and nothing read. Endpoints that fail are few: one
partition of the index holds those that are due.

The address and the secrets of an endpoint are sealed to its row. What its owner says of it goes by version; how it has
been doing (`failures`, `failing_since`, `slow_until`, the index) is changed beside it, by many workers at once, so that
neither undoes the other. Behind the key of one at which nothing was found `#last` stands, for the index is late at
times: it is looked at once more. Deliveries die 14 days after they began, whichever way they ended.

| pattern | requests | units (rows of up to 1 KB) |
|---|---|---|
| who listens at all | 1 Query | 0.5 read per 4 KB (some 60 listeners) |
| make an endpoint | part of the transaction | 4 write |
| change one | 1 GetItem, 1 transaction | 1 read; 2 write, with its place in the index 3 |
| challenge one | 2 GetItem, 2 transactions | 2 read; 8 write, with its place in the index 1 more |
| endpoints of an owner | 1 Query | 0.5 read per 4 KB (some 5) |
| a delivery that is taken at once | 1 PutItem, 1 UpdateItem | 2 write |
| a delivery that has to wait | 1 PutItem, 1 UpdateItem, and 1 of its endpoint | 5 write |
| that waits because its endpoint is slow | 1 PutItem, 1 GetItem, and 1 UpdateItem of its endpoint | 1 read, 5 write |
| an endpoint is slow | 1 UpdateItem, some minutes apart | 1 write |
| that is tried again | 2 UpdateItem, 1 GetItem for up to four | 0.25 read; 2 write, 2 or 3 for the index |
| what waits for an endpoint | 1 Query | 0.5 read per 4 KB |
| whose time has come | 1 Query | 0.5 read per 4 KB |
| the log | 1 Query | 0.5 read per 4 KB |
| send again | part of the transaction | 3 write each, and up to 4 for the endpoint |
"""

from chalicelib.webhooks.store.deliveries import DeliveryTable
from chalicelib.webhooks.store.endpoints import SEALED, EndpointTable, ListenerTable

__all__ = ["SEALED", "DeliveryTable", "EndpointTable", "ListenerTable"]
