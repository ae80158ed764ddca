"""Queues in memory: what `chalicelib.outbox.ports.Queues` promises, with its moods."""


class FakeSent:
    """What was sent, in memory."""

    def __init__(self):
        self.rows = {}

    def keep(self, messages):
        self.rows |= {message.id: message for message in messages}

    def of_day(self, day):
        return [one for one in self.rows.values() if one.occurred_at.date() == day]


class FakeQueues:
    """Takes what it is sent, but for the (queue, message id) pairs in `refused` and the queues in `down`."""

    def __init__(self):
        self.sent = []
        self.refused = set()
        self.down = set()

    def send(self, queue, messages):
        if queue in self.down:
            return set()
        taken = [message for message in messages if (queue, message.id) not in self.refused]
        self.sent += [(queue, message.id) for message in taken]
        return {message.id for message in taken}
