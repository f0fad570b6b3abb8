"""A cluster of three Kafka brokers in memory (librdkafka's own, for its tests), and who
reads from it. Prints the brokers' addresses as a line of JSON; then, for each message of
the topics named on the command line, another, its value in base64."""

import base64
import json
import sys

from confluent_kafka import Consumer, Producer

topics = sys.argv[1:]
cluster = Producer({"test.mock.num.brokers": 3})
brokers = [f"{broker.host}:{broker.port}" for broker in cluster.list_topics().brokers.values()]
print(json.dumps({"brokers": brokers}), flush=True)

reader = Consumer({
    "bootstrap.servers": ",".join(brokers),
    "group.id": "store",
    "auto.offset.reset": "earliest",
    "allow.auto.create.topics": True,
    "topic.metadata.refresh.interval.ms": 500,
})
reader.subscribe(topics)
while True:
    message = reader.poll(0.2)
    if message is None or message.error():
        continue
    value = base64.b64encode(message.value()).decode()
    print(json.dumps({"topic": message.topic(), "value": value}), flush=True)
