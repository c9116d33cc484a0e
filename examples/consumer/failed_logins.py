#!/usr/bin/env python3
"""Counts failed ssh logins by client address, from the events on a topic.

    pip install confluent-kafka
    ./failed_logins.py localhost:9092 auth

An event is a JSON object (docs/events.md). What it does not know is absent, so every field is asked for with `get`.
"""
import collections
import json
import sys

from confluent_kafka import Consumer, KafkaException


def main(brokers: str, *topics: str) -> None:
    consumer = Consumer(
        {"bootstrap.servers": brokers, "group.id": "failed-logins", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe(list(topics))
    failed: collections.Counter[str] = collections.Counter()
    try:
        while True:
            record = consumer.poll(1.0)
            if record is None:
                continue
            if record.error():
                raise KafkaException(record.error())
            event = json.loads(record.value())
            if event["type"] != "SSH_LOGIN_FAILED":
                continue
            client = event.get("client_ip", "unknown")
            failed[client] += 1
            print(f"{event['timestamp']} {client} {failed[client]} failed, last as {event.get('user', 'unknown')}")
    finally:
        consumer.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: failed_logins.py BROKERS TOPIC...")
    main(*sys.argv[1:])
