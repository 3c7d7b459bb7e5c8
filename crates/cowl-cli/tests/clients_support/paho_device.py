"""Python's paho-mqtt as a device: takes lines of JSON from standard input and publishes them, or listens.

Says `connected`, then `sent N` (all acknowledged) or `subscribed` and one line of JSON for each message.
"""

import argparse
import json
import ssl
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--version", choices=["311", "5"], required=True)
arguments.add_argument("--qos", type=int, required=True)
arguments.add_argument("--cafile")
arguments.add_argument("--ws", action="store_true")
arguments.add_argument("--client-id", required=True)
arguments.add_argument("--user")
arguments.add_argument("--password")
arguments.add_argument("--subscribe")
arguments.add_argument("--count", type=int, default=1)
options = arguments.parse_args()

version = MQTTProtocolVersion.MQTTv5 if options.version == "5" else MQTTProtocolVersion.MQTTv311
client = mqtt.Client(
    CallbackAPIVersion.VERSION2,
    client_id=options.client_id,
    protocol=version,
    transport="websockets" if options.ws else "tcp",
)
if options.ws:
    client.ws_set_options(path="/mqtt")
if options.cafile:
    client.tls_set(ca_certs=options.cafile, tls_version=ssl.PROTOCOL_TLS_CLIENT)
if options.user:
    client.username_pw_set(options.user, options.password)

connected, subscribed, heard = threading.Event(), threading.Event(), threading.Semaphore(0)
failure = []


def say(text):
    # Two threads say something: a line is one write.
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def on_connect(_client, _data, _flags, reason, _properties):
    if reason.is_failure:
        failure.append(f"refused: {reason}")
    connected.set()


def on_subscribe(_client, _data, _mid, reasons, _properties):
    failure.extend(f"subscription refused: {reason}" for reason in reasons if reason.is_failure)
    subscribed.set()


def on_message(_client, _data, message):
    text = message.payload.decode()
    say(json.dumps({"topic": message.topic, "payload": text, "retain": message.retain, "qos": message.qos}))
    heard.release()


def wait(event, what):
    if not event.wait(30):
        sys.exit(f"never {what}")
    if failure:
        sys.exit(failure[0])


client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect("localhost", options.port, keepalive=30)
client.loop_start()
wait(connected, "connected")
say("connected")
if options.subscribe:
    client.subscribe(options.subscribe, qos=options.qos)
    wait(subscribed, "subscribed")
    say("subscribed")
    for _ in range(options.count):
        if not heard.acquire(timeout=60):
            sys.exit("nothing came")
else:
    sent = []
    for line in sys.stdin:
        message = json.loads(line)
        sent.append(client.publish(message["topic"], message["payload"], qos=options.qos))
    for one in sent:
        one.wait_for_publish(30)
        if not one.is_published():
            sys.exit("never acknowledged")
    say(f"sent {len(sent)}")
client.disconnect()
client.loop_stop()
