"""The queues of a stage on the local AWS, and a worker of payments that can be down."""

import json

from chalicelib import wiring
from chalicelib.outbox.gateways.sqs import SqsQueues
from chalicelib.payments import events
from infra import redrive
from infra.queues import MAX_RECEIVES, QUEUES, STREAM_FAILURES_NAME
from infra.targets import Target
from tests.api import sqs_record, told
from tests.emulators import REGION

STAGE = "redrive"


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

    def relay(self):
        """Send what waits in the outbox, as the relay does."""
        waiting = [message for message in told() if "payments" in message.queues]
        sent = SqsQueues(self.target.prefix).send("payments", waiting)
        wiring.outbox().remove([message.id for message in told()])
        return len(sent)

    def work(self):
        """Hand out what waits, as Lambda's poller does, until nothing does."""
        while records := self._received():
            told_ = [self._record(one) for one in records]
            failed = {one["messageId"] for one in told_}
            if not self.down:
                answer = events.work({"Records": told_}, None)
                failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
            for one in records:
                if one["MessageId"] not in failed:
                    self.sqs.delete_message(QueueUrl=self.queue.url, ReceiptHandle=one["ReceiptHandle"])

    def _received(self):
        asked = {"QueueUrl": self.queue.url, "MaxNumberOfMessages": 10}
        return self.sqs.receive_message(**asked, AttributeNames=["ApproximateReceiveCount"]).get("Messages")

    def _record(self, one):
        return sqs_record(
            one["MessageId"],
            one["Body"],
            int(one["Attributes"]["ApproximateReceiveCount"]),
            receiptHandle=one["ReceiptHandle"],
            eventSourceARN=self.queue.arn,
        )

    def look(self):
        return redrive.look(self.target, self.queue)

    def redrive(self, wait=9):
        return redrive.redrive(self.target, self.queue, wait=wait, pause=self.work)
