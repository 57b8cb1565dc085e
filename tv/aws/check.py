"""The image's own test: what the product asks of DynamoDB and SQS, asked of this server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

import botocore.session
from botocore.exceptions import ClientError

PORT = 5001
# Seconds for which a message that was received is hidden: longer than all of this takes, however
# busy the machine that builds.
HIDDEN = 600


def main() -> None:
    assert os.access("/var/lib/aws", os.W_OK), "the folder of the data is not ours"
    with TemporaryDirectory() as folder:
        with server(folder, signal.SIGTERM):
            dynamodb(client("dynamodb"))
            handle = sqs(client("sqs"))
        with server(folder, signal.SIGKILL):
            assert written(client("dynamodb")) == {"viewer": {"S": "v"}, "moment": {"N": "2"}}
            in_flight(client("sqs"), handle)
            # What is written next may have been begun before; what follows that holds the first.
            for moment in (3, 4):
                last = state(folder)
                assert update(client("dynamodb"), moment) == "written"
                wait_for(lambda last=last: state(folder) != last)
        with server(folder, signal.SIGTERM):
            assert written(client("dynamodb"))["moment"]["N"] in ("3", "4"), "lost by a crash"


def state(folder: str) -> int:
    """Of which write the state is, as it lies there whole."""
    (file,) = Path(folder).glob("*.pickle")
    return file.stat().st_mtime_ns


@contextmanager
def server(folder: str, end: signal.Signals) -> Iterator[None]:
    """The server with its data in `folder`, until it is ended by the signal."""
    environ = {**os.environ, "PORT": str(PORT), "DATA": folder}
    process = subprocess.Popen([sys.executable, Path(__file__).with_name("serve.py")], env=environ)
    try:
        wait_for(healthy)
        yield
        process.send_signal(end)
        assert process.wait(20) == (0 if end == signal.SIGTERM else -end)
    finally:
        process.kill()
        process.wait()


def healthy() -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait_for(true: Any) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, f"not within 30 s: {true}"
        time.sleep(0.05)


def client(service: str) -> Any:
    return botocore.session.get_session().create_client(
        service,
        endpoint_url=f"http://127.0.0.1:{PORT}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def dynamodb(client: Any) -> None:
    """An item is written under a condition, and not where the condition fails."""
    client.create_table(
        TableName="positions",
        KeySchema=[{"AttributeName": "viewer", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "viewer", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    expiry = {"Enabled": True, "AttributeName": "expires"}
    client.update_time_to_live(TableName="positions", TimeToLiveSpecification=expiry)
    told = client.describe_time_to_live(TableName="positions")["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}, told
    assert update(client, 2) == "written"
    assert update(client, 1) == "ConditionalCheckFailedException"
    assert written(client) == {"viewer": {"S": "v"}, "moment": {"N": "2"}}, written(client)


def written(client: Any) -> Any:
    return client.get_item(TableName="positions", Key={"viewer": {"S": "v"}}).get("Item")


def update(client: Any, moment: int) -> str:
    """Write unless something later is there; "written", or the code of the error."""
    try:
        client.update_item(
            TableName="positions",
            Key={"viewer": {"S": "v"}},
            UpdateExpression="SET moment = :moment",
            ConditionExpression="attribute_not_exists(moment) OR moment <= :moment",
            ExpressionAttributeValues={":moment": {"N": str(moment)}},
        )
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "written"


def sqs(client: Any) -> str:
    """A message comes out once, and is gone when it was deleted.

    Leaves one message waiting and another in flight, whose receipt handle it returns.
    """
    attributes = {"VisibilityTimeout": str(HIDDEN)}
    queue = client.create_queue(QueueName="work", Attributes=attributes)["QueueUrl"]
    client.send_message(QueueUrl=queue, MessageBody="hello")
    message = received(client, "hello")
    assert not client.receive_message(QueueUrl=queue).get("Messages"), "delivered twice"
    client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    client.purge_queue(QueueUrl=queue)
    client.send_message(QueueUrl=queue, MessageBody="in flight")
    handle = received(client, "in flight")["ReceiptHandle"]
    client.send_message(QueueUrl=queue, MessageBody="waiting")
    return str(handle)


def in_flight(client: Any, handle: str) -> None:
    """After a restart: what waited is there, what was received is as long hidden as it shall be."""
    queue = client.get_queue_url(QueueName="work")["QueueUrl"]
    received(client, "waiting")
    assert not client.receive_message(QueueUrl=queue).get("Messages"), "it is no longer in flight"
    client.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=1)
    again = received(client, "in flight")
    assert again["ReceiptHandle"] != handle
    client.delete_message(QueueUrl=queue, ReceiptHandle=handle)


def received(client: Any, body: str) -> Any:
    """The one message that is given out."""
    queue = client.get_queue_url(QueueName="work")["QueueUrl"]
    answer = client.receive_message(QueueUrl=queue, WaitTimeSeconds=20)
    (message,) = answer.get("Messages", [{"Body": "nothing"}])
    assert message["Body"] == body, message
    return message


if __name__ == "__main__":
    main()
