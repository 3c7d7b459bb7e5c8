#!/usr/bin/env python3
"""What Python's Fernet takes for the report on standard input: its fastest round, as `timeit` advises.

Twice: to encrypt the text as it stands, and for the study's whole task "minimised and encrypted", JSON text in, token out: parse,
check the range of each number, keep the severity, the rounded temperature, a square of 0.1 degree and a pseudonym, write that as
JSON, encrypt. That is less work than Cowl's pipeline does (four roles, three zone levels), and what its "JSON text in, payload
out" is to be held against; the first leaves out of Python what Cowl's time contains.

    printf '%s' '{"temperature": 25.6}' | python3 crates/cowl/benches/python_fernet.py

Prints the version of `cryptography`, the backend's OpenSSL and both times in nanoseconds, separated by tabs. The benchmark `core` runs it
with each interpreter that COWL_PYTHON names, in one run with Cowl's own pipeline.
"""

import json
import math
import sys
import timeit

import cryptography
from cryptography.fernet import Fernet
from cryptography.hazmat.backends.openssl.backend import backend

# Rounds as short as those of Cowl's own benchmark: a long one does not fit between what else a shared machine does, and Python
# would look up to twice as slow as it is.
CALLS, ROUNDS = 100, 600

report = sys.stdin.buffer.read()
fernet = Fernet(Fernet.generate_key())


def minimised_and_encrypted():
    message = json.loads(report)
    latitude, longitude = message["lat"], message["lon"]
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180 and -90 <= message["temperature"] <= 1000):
        raise ValueError("out of range")
    kept = {
        "severity": message["severity"],
        "temperature": round(message["temperature"]),
        "zone": f"{math.floor(latitude * 10)},{math.floor(longitude * 10)}",
        "token": f"V-{message['userId']:03}",
    }
    return fernet.encrypt(json.dumps(kept).encode())


def nanoseconds(call):
    return round(min(timeit.repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * 1e9)


print(
    cryptography.__version__,
    backend.openssl_version_text(),
    nanoseconds(lambda: fernet.encrypt(report)),
    nanoseconds(minimised_and_encrypted),
    sep="\t",
)
