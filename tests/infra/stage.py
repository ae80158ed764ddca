"""The queues of a stage on the local AWS, and its workers, which can be down."""

import json
from dataclasses import replace

from chalicelib import wiring
from chalicelib.booking import events as booking
from chalicelib.notifications import events as notifications
from chalicelib.outbox import use_cases as outbox
from chalicelib.outbox.gateways.sqs import SqsQueues
from chalicelib.payments import events as payments
from chalicelib.payouts import events as payouts
from chalicelib.search import events as search
from infra import redrive
from infra.queues import MAX_RECEIVES, QUEUES, STREAM_FAILURES_NAME
from infra.targets import Target
from tests.api import sqs_record, told
from tests.emulators import REGION

STAGE = "redrive"
WORKERS = {
    "payments": payments.work,
    "search": search.index,
    "notifications": notifications.deliver,
    "booking": booking.work,
    "payouts": payouts.work,
}


class Stage:
    """The queues of a stage as they are deployed, but that a message of a function that died comes again at once;
    `work` is its functions: `down`, each message raises.
    """

    def __init__(self, emulator):
        port = int(emulator.endpoint.rpartition(":")[2])
        self.target = Target.local(port=port, stage=STAGE, region=REGION)
        self.sqs = self.target.client("sqs")
        self.down = False
        for spec in QUEUES:
            dead = self._made(f"{spec.name}-dlq")
            arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES})
            self._made(spec.name, RedrivePolicy=policy, VisibilityTimeout="0")
        self._made(STREAM_FAILURES_NAME)
        self.queue = redrive.find(self.target, "payments")

    def _made(self, name, **attributes):
        return self.sqs.create_queue(QueueName=f"{self.target.prefix}-{name}", Attributes=attributes)["QueueUrl"]

    def gone(self):
        for url in self.sqs.list_queues(QueueNamePrefix=self.target.prefix)["QueueUrls"]:
            self.sqs.delete_queue(QueueUrl=url)

    def send(self, body, dead=False, **attributes):
        url = self.queue.dead_url if dead else self.queue.url
        self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)

    def relay_all(self):
        """Send what waits in the outbox to all queues, as the relay does; return how it went."""
        ports = replace(wiring.relay(), queues=SqsQueues(self.target.prefix))
        return outbox.relay(ports, told())

    def go_on(self):
        """Relay and work, whatever follows of it too, until nothing waits that somebody works."""
        while self.relay_all().sent + sum(self.work(name) for name in WORKERS):
            continue

    def relay(self):
        """Send what waits in the outbox, as the relay does."""
        waiting = [message for message in told() if "payments" in message.queues]
        sent = SqsQueues(self.target.prefix).send("payments", waiting)
        wiring.outbox().remove([message.id for message in told()])
        return len(sent)

    def work(self, name="payments"):
        """Hand out what waits in a queue, as Lambda's poller does, until nothing does; return how often."""
        queue, rounds = redrive.find(self.target, name), 0
        while records := self._received(queue):
            rounds += 1
            told_ = [self._record(queue, one) for one in records]
            failed = {one["messageId"] for one in told_}
            if not self.down:
                answer = WORKERS[name]({"Records": told_}, None)
                failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
            for one in records:
                if one["MessageId"] not in failed:
                    self.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=one["ReceiptHandle"])
        return rounds

    def _received(self, queue):
        asked = {"QueueUrl": queue.url, "MaxNumberOfMessages": 10}
        return self.sqs.receive_message(**asked, AttributeNames=["ApproximateReceiveCount"]).get("Messages")

    def _record(self, queue, one):
        return sqs_record(
            one["MessageId"],
            one["Body"],
            int(one["Attributes"]["ApproximateReceiveCount"]),
            receiptHandle=one["ReceiptHandle"],
            eventSourceARN=queue.arn,
        )

    def purge(self, name):
        """Lose what waits in a queue."""
        self.sqs.purge_queue(QueueUrl=redrive.find(self.target, name).url)

    def look(self):
        return redrive.look(self.target, self.queue)

    def redrive(self, wait=9):
        return redrive.redrive(self.target, self.queue, wait=wait, pause=self.work)
