"""The image's own test: what the product asks of DynamoDB and SQS, asked of this server."""

import threading
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from serve import Handler, Stand
from werkzeug.serving import ThreadedWSGIServer


def main() -> None:
    server = ThreadedWSGIServer("127.0.0.1", 0, Stand(), handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    dynamodb(client("dynamodb", server.port))
    sqs(client("sqs", server.port))
    server.shutdown()


def client(service: str, port: int) -> Any:
    return botocore.session.get_session().create_client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
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
    assert update(client, 2) == "written"
    assert update(client, 1) == "ConditionalCheckFailedException"
    item = client.get_item(TableName="positions", Key={"viewer": {"S": "v"}})["Item"]
    assert item == {"viewer": {"S": "v"}, "moment": {"N": "2"}}, item


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


def sqs(client: Any) -> None:
    """A message comes out once, and is gone when it was deleted."""
    queue = client.create_queue(QueueName="work")["QueueUrl"]
    client.send_message(QueueUrl=queue, MessageBody="hello")
    (message,) = client.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "hello", message
    assert not client.receive_message(QueueUrl=queue).get("Messages"), "delivered twice"
    client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    client.purge_queue(QueueUrl=queue)


if __name__ == "__main__":
    main()
