"""Makes valid.json and invalid.json beside it: Fernet tokens put together by hand, good and bad.

The classes are those of the public acceptance tests (github.com/fernet/spec), whose files carry no licence, and more.
Run with a Python that has `cryptography`; the output does not depend on when or where.
"""

import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY = hashlib.sha256(b"cowl fernet vectors").digest()
OTHER = hashlib.sha256(b"another key").digest()
IV = bytes(range(16, 32))
NOW = 1_263_332_000
MESSAGE = b'{"severity":"critical","zone":"Ouest","token":"V-001"}'


def pad(message):
    count = 16 - len(message) % 16
    return message + bytes([count]) * count


def cbc(padded, key=KEY, iv=IV):
    cipher = Cipher(algorithms.AES(key[16:]), modes.CBC(iv)).encryptor()
    return cipher.update(padded) + cipher.finalize()


def signed(body, key=KEY):
    return body + hmac.digest(key[:16], body, "sha256")


def raw(message=MESSAGE, time=NOW, key=KEY, version=0x80):
    return signed(bytes([version]) + time.to_bytes(8, "big") + IV + cbc(pad(message), key), key)


def text(token):
    return base64.urlsafe_b64encode(token).decode()


def leftover_bits(token):
    """The same bytes, written with a bit set that the last character does not need."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    body = token.rstrip("=")
    last = digits[digits.index(body[-1]) + 1]
    assert len(body) < len(token) and base64.urlsafe_b64decode(body[:-1] + last + "==") == base64.urlsafe_b64decode(token)
    return body[:-1] + last + token[len(body) :]


def standard_alphabet():
    for count in range(1000):
        token = raw(MESSAGE + b" " * count)
        if set("-_") & set(text(token)):
            return base64.b64encode(token).decode()


good = raw()
head = bytes([0x80]) + NOW.to_bytes(8, "big") + IV


def vector(desc, token, now=NOW + 1, ttl=60, secret=KEY, **more):
    return {"desc": desc, "token": token, "now": now, "ttl_sec": ttl, "secret": text(secret), **more}


valid = [
    vector("a report", text(good), src=MESSAGE.decode()),
    vector("empty", text(raw(b"")), src=""),
    vector("one whole block", text(raw(b"sixteen letters!")), src="sixteen letters!"),
    vector("exactly as old as allowed", text(good), now=NOW + 60, src=MESSAGE.decode()),
    vector("a minute from the future", text(good), now=NOW - 60, src=MESSAGE.decode()),
    vector("from 1970", text(raw(time=0)), now=0, ttl=0, src=MESSAGE.decode()),
]
for one in valid:
    one["time"] = int.from_bytes(base64.urlsafe_b64decode(one["token"])[1:9], "big")

invalid = [
    vector("altered HMAC", text(good[:-1] + bytes([good[-1] ^ 1]))),
    vector("altered ciphertext", text(good[:30] + bytes([good[30] ^ 1]) + good[31:])),
    vector("altered time", text(good[:8] + bytes([good[8] ^ 1]) + good[9:])),
    vector("altered IV", text(good[:9] + bytes([good[9] ^ 1]) + good[10:])),
    vector("cut in the HMAC", text(good[:-8])),
    vector("cut in the time", text(good[:5])),
    vector("empty text", ""),
    vector("no ciphertext", text(signed(head))),
    vector("ciphertext of no whole blocks", text(signed(head + cbc(pad(MESSAGE))[:-3]))),
    vector("padding error", text(signed(head + cbc(MESSAGE[:15] + b"\x11")))),
    vector("no padding", text(signed(head + cbc(bytes(16))))),
    vector("version 0x81", text(raw(version=0x81))),
    vector("version 0", text(raw(version=0))),
    vector("not base64", "%" * 13 + text(good)[13:]),
    vector("the other base64 alphabet", standard_alphabet()),
    vector("unpadded base64", text(raw(b"")).rstrip("=")),
    vector("too much padding", text(good) + "===="),
    vector("leftover bits", leftover_bits(text(good))),
    vector("a line break behind it", text(good) + "\n"),
    vector("something behind it", text(good + b"x")),
    vector("letters that are not ASCII", "é" * 6 + text(good)[12:]),
    vector("another key", text(good), secret=OTHER),
    vector("too old", text(good), now=NOW + 61),
    vector("from the future", text(good), now=NOW - 61),
    vector("the last second there is", text(raw(time=2**64 - 1))),
]

here = pathlib.Path(__file__).parent
for name, vectors in [("valid", valid), ("invalid", invalid)]:
    (here / f"{name}.json").write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n")
