#!/usr/bin/env python3
"""Hands in a task and follows it to its end, with Python's standard library alone:

    python3 docs/examples/submit.py 'Find duplicate files in this folder'

The news go to stderr, the payload of the last message to stdout. Ends with 0 when the task was completed, else with 1.
Settings: see docs/streams.md.
"""

import json
import os
import socket
import sys
import time
import urllib.parse
import uuid

ENDS = ("task.completed", "task.failed", "task.canceled", "task.rejected")


class Redis:
    """As much of the Redis protocol (RESP 2) as a client of Guildhall needs."""

    def __init__(self, host, port):
        # Redis answers a blocking read after two seconds, so a longer silence is a dead connection.
        self._socket = socket.create_connection((host, port), timeout=10)
        self._file = self._socket.makefile("rb")

    def call(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            data = str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self._socket.sendall(b"".join(parts))
        return self._reply()

    def _reply(self):
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        length = int(rest)
        if length < 0:
            return None
        if kind == b"*":
            return [self._reply() for _ in range(length)]
        return self._file.read(length + 2)[:-2].decode()


def read_settings():
    """What the environment says, else the client file."""
    path = os.environ.get("GUILDHALL_CLIENT_FILE", ".guildhall/client.json")
    found = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            found = json.load(file)

    def needed(name, value):
        value = os.environ.get(name, value)
        if not value:
            raise RuntimeError(f"There is no {name}, and no {path}")
        return value

    shards = found.get("shards", [])
    if len(shards) > 1:
        raise RuntimeError("The streams are in several shards, and this example reads one.")
    url = urllib.parse.urlsplit(needed("GUILDHALL_REDIS_URL", found.get("redisUrl")))
    return {
        "host": url.hostname,
        "port": url.port or 6379,
        "username": needed("GUILDHALL_REDIS_USERNAME", found.get("redisUsername", "client")),
        "password": needed("GUILDHALL_REDIS_PASSWORD", found.get("redisPassword")),
        "token": needed("GUILDHALL_TOKEN", found.get("token")),
        "shard": needed("GUILDHALL_SHARD", shards[0] if shards else None),
        "reply": needed("GUILDHALL_REPLY_STREAM", found.get("replyStream", found.get("id"))),
    }


def submit(goal, settings):
    """Answers the last message's payload, and whether the task was completed."""
    give_up_at = time.monotonic() + float(os.environ.get("GUILDHALL_WAIT_SECONDS", "300"))
    redis = Redis(settings["host"], settings["port"])
    redis.call("AUTH", settings["username"], settings["password"])
    gateway_key = f"gh:{{{settings['shard']}}}:gateway"
    reply_key = f"gh:{{{settings['shard']}}}:reply:{settings['reply']}"

    # From here on everything is news.
    last = redis.call("XREVRANGE", reply_key, "+", "-", "COUNT", 1)
    position = last[0][0] if last else "0-0"
    message_id = str(uuid.uuid4())
    authorization = f"Bearer {settings['token']}"
    fields = ["type", "task.submit", "id", message_id, "authorization", authorization]
    redis.call("XADD", gateway_key, "*", *fields, "data", json.dumps({"goal": goal}))

    task_id = None
    while time.monotonic() < give_up_at:
        read = redis.call("XREAD", "COUNT", 100, "BLOCK", 2000, "STREAMS", reply_key, position)
        for position, flat in read[0][1] if read else []:
            entry = dict(zip(flat[::2], flat[1::2]))
            header, payload = json.loads(entry["event"]), json.loads(entry["data"])
            kind = header["type"]
            if header.get("correlationid") == message_id:
                if kind == "request.refused":
                    return payload, False
                if kind == "task.accepted":
                    task_id = payload["taskId"]
                    print(f"{kind}: {task_id}", file=sys.stderr)
            elif task_id is not None and header.get("subject") == task_id:
                print(kind, file=sys.stderr)
                if kind in ENDS:
                    return payload, kind == "task.completed"
    raise RuntimeError("There was no end of the task in time; it may still go on.")


def main():
    if len(sys.argv) != 2:
        raise RuntimeError("What is to be done?")
    payload, completed = submit(sys.argv[1], read_settings())
    print(json.dumps(payload))
    return 0 if completed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, RuntimeError) as error:
        sys.exit(str(error))
