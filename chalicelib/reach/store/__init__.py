"""Rows of the notifications table that say where people are reached, and what providers said of it.

| row | pk | sk | dies |
|---|---|---|---|
| an account's phones (all of them: ten at most) | `REACH#<account>` | `DEVICES` | |
| whose a token is | `TOKEN#<digest>` | `TOKEN` | |
| agreements at WeChat, by template | `REACH#<account>` | `CONSENT#<template>` | after a year without one |
| failures of an address | `FAILURES#<channel>#<blind index>` | `FAILURES` | 30 days after the last |
| an event of a provider that was counted | `HEARD#<digest of the event>` | `HEARD` | after 14 days |

Tokens, numbers and addresses are kept as blind indexes alone. A token's row is what says whose it is: two accounts that
tell the same one at once meet there. All of an account's phones are one row: a sender reads one row, and the bound on
their number is exact.

What is written together:

| happening | rows |
|---|---|
| a phone is told | book on condition of its version, token on condition of whose it was; the book of whom it left |
| a phone goes | book, token |
| somebody agrees at WeChat | a row a template, stored answer |
| a failure is counted | event on condition that it is new, failures on condition of their version |

| pattern | requests | units (small rows) |
|---|---|---|
| tell a phone again within a day | 1 GetItem | 1 read |
| tell a new phone; one of another's | 3 GetItem, 1 transaction; 1 GetItem more | 3 read, 4 write; 4 read, 6 write |
| remove a phone | 1 GetItem, 1 transaction | 1 read; 4 write |
| phones to send to | 1 GetItem | 1 read |
| agree to a template | 1 Query, 1 transaction | 1 read; 4 write |
| use an agreement up; none is left | 1 UpdateItem; and 1 GetItem | 1 write; 1 read |
| a failure | 1 GetItem, 1 transaction | 1 read; 4 write |
| an arrival where nothing failed; where something did | 1 GetItem; and 1 transaction | 1 read; 2 write |
| an address that is gone | 1 transaction, beside the suspension | 2 write |
"""

from chalicelib.reach.store.devices import DeviceTable
from chalicelib.reach.store.feedback import FeedbackTable
from chalicelib.reach.store.wechat import ConsentTable

__all__ = ["ConsentTable", "DeviceTable", "FeedbackTable"]
