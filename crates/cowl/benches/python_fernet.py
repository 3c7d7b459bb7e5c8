#!/usr/bin/env python3
"""What Python's Fernet takes to encrypt what stands on standard input: its fastest round, as `timeit` advises.

    printf '%s' '{"temperature": 25.6}' | python3 crates/cowl/benches/python_fernet.py

Prints the version of `cryptography`, the backend's OpenSSL and nanoseconds, separated by tabs. The benchmark `core` runs it
with each interpreter that COWL_PYTHON names, in one run with Cowl's own pipeline.
"""

import sys
import timeit

import cryptography
from cryptography.fernet import Fernet
from cryptography.hazmat.backends.openssl.backend import backend

CALLS, ROUNDS = 2_000, 15

report = sys.stdin.buffer.read()
fernet = Fernet(Fernet.generate_key())
rounds = timeit.repeat(lambda: fernet.encrypt(report), number=CALLS, repeat=ROUNDS)
print(cryptography.__version__, backend.openssl_version_text(), round(min(rounds) / CALLS * 1e9), sep="\t")
