#!/usr/bin/env python3
"""A second implementation of spec/cowl.md, to hold the first one against.

Written from the specification alone; needs `cryptography` >= 50 and nothing else.

    cowl_check.py vectors DIR    recomputes and opens every vector of DIR
    cowl_check.py exchange       JSON on standard input: opens what it is given, seals what it is asked for,
                                 JSON on standard output (how crates/cowl-core/tests/interop_python.rs uses it)

Exit code 0: all agrees; 1: something differs; 2: wrong use; 3: `cryptography` is missing or too old.
"""

import base64
import hashlib
import json
import pathlib
import struct
import sys
import unicodedata

try:
    import cryptography
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives import hashes, hpke
    from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV, ChaCha20Poly1305
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
except ImportError as error:
    print(f"cowl_check: {error}", file=sys.stderr)
    sys.exit(3)

if int(cryptography.__version__.split(".")[0]) < 50:
    print(f"cowl_check: cryptography {cryptography.__version__} has no HPKE with X-Wing", file=sys.stderr)
    sys.exit(3)

import ristretto


class Refused(Exception):
    """Why something is not what it should be: the class of the vectors."""


def u16(number):
    return struct.pack(">H", number)


def u32(number):
    return struct.pack(">I", number)


def u64(number):
    return struct.pack(">Q", number)


# --- spec §3: key schedule ---------------------------------------------------------------------------------------


def derive(salt, secret, info, length=32):
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def expand(key, info):
    return HKDFExpand(algorithm=hashes.SHA256(), length=32, info=info).derive(key)


def aes_block(key, number):
    cipher = Cipher(algorithms.AES256(key), modes.ECB()).encryptor()
    return cipher.update(number.to_bytes(16, "big")) + cipher.finalize()


def device_root(operation, root, role, epoch, place):
    return derive(operation, root, b"cowl/1 device" + bytes([role]) + u32(epoch) + u32(place))


def part_keys(device):
    return expand(device, b"cowl/1 part key"), expand(device, b"cowl/1 tag key")


def walk_in_seed(operation, root, role, epoch):
    return derive(operation, root, b"cowl/1 walk-in seed" + bytes([role]) + u32(epoch))


def relay_seed(operation, root, epoch):
    return derive(operation, root, b"cowl/1 relay seed" + u32(epoch))


def places(operation, secret, epoch, count):
    seed = derive(operation, secret, b"cowl/1 places" + u32(epoch))

    def words():
        block = 0
        while True:
            yield from struct.unpack(">4I", aes_block(seed, block))
            block += 1

    stream = words()
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        bound = last + 1
        word = next(word for word in stream if word < (1 << 32) // bound * bound)
        order[last], order[word % bound] = order[word % bound], order[last]
    return order


def pseudonym(operation, epoch, place):
    bits = derive(None, operation, b"cowl/1 pseudonym" + u32(epoch) + u32(place), 5)
    number = int.from_bytes(bits, "big")
    digits = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * n & 31] for n in range(7, -1, -1))
    return f"V-{digits[:4]}-{digits[4:]}"


# spec §4.4
LAST_COUNTER = (1 << 32) - 3


# --- spec §4: enrolled messages ----------------------------------------------------------------------------------


class Layout:
    """Where the parts lie (spec §4.1, §5.1)."""

    def __init__(self, said):
        self.bodies = said["bodies"]
        self.walk_in = said["walk-in"]
        self.custody = said["custody"]
        self.suite = said["suite"]
        self.enc = {"x-wing": 1120, "x25519": 32}[self.suite]
        self.enrolled_length = sum(70 + size for size in self.bodies) + self.custody
        readers = [size for size, reads in zip(self.bodies, self.walk_in) if reads]
        self.walk_in_length = 16 + sum(self.enc + 54 + size for size in readers)

    def enrolled_part(self, role):
        start = sum(70 + size for size in self.bodies[:role])
        return start, start + 70 + self.bodies[role]

    def walk_in_part(self, role):
        if not self.walk_in[role]:
            return None
        before = [size for size, reads in zip(self.bodies[:role], self.walk_in) if reads]
        start = 16 + sum(self.enc + 54 + size for size in before)
        return start, start + self.enc + 54 + self.bodies[role]


def read_plaintext(text):
    """Spec §4.3."""
    length = int.from_bytes(text[36:38], "big")
    body, padding = text[38 : 38 + length], text[38 + length :]
    if 38 + length > len(text) or any(padding):
        raise Refused("not authentic")
    return {"report": text[:16], "handle": text[16:32], "policy": int.from_bytes(text[32:36], "big"), "body": body}


def write_plaintext(report, handle, policy, body, size):
    text = report + handle + u32(policy) + u16(len(body)) + body
    return text.ljust(38 + size, b"\0")


def associated(operation, epoch, role, layout, message):
    """Spec §4.2."""
    starts = [layout.enrolled_part(number)[0] for number in range(len(layout.bodies))]
    tags = b"".join(message[start : start + 16] for start in starts)
    custody = message[layout.enrolled_length - layout.custody :]
    return b"cowl/1 part" + bytes([role]) + operation + u32(epoch) + tags + custody


def seal_enrolled(operation, epoch, layout, devices, counter, texts, custody):
    keys = [part_keys(device) for device in devices]
    tags = [aes_block(tag_key, counter) for _, tag_key in keys]
    blank = b"".join(tag + bytes(54 + size) for tag, size in zip(tags, layout.bodies)) + custody
    message = b""
    for role, ((part_key, _), tag, text) in enumerate(zip(keys, tags, texts)):
        aad = associated(operation, epoch, role, layout, blank)
        message += tag + AESGCMSIV(part_key).encrypt(tag[:12], text, aad)
    return message + custody


def open_enrolled(operation, epoch, role, layout, part_key, message):
    start, end = layout.enrolled_part(role)
    tag, sealed = message[start : start + 16], message[start + 16 : end]
    try:
        text = AESGCMSIV(part_key).decrypt(tag[:12], sealed, associated(operation, epoch, role, layout, message))
    except InvalidTag:
        raise Refused("not authentic") from None
    return read_plaintext(text)


# --- spec §5: walk-in messages -----------------------------------------------------------------------------------


def suite_of(name):
    kem = {"x-wing": hpke.KEM.MLKEM768_X25519, "x25519": hpke.KEM.X25519}[name]
    return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def private_key(name, seed):
    """Spec §3.4: the seed is the private key as HPKE serializes it."""
    if name == "x25519":
        return x25519.X25519PrivateKey.from_private_bytes(seed)
    stretched = hashlib.shake_256(seed).digest(96)
    return hpke.MLKEM768X25519PrivateKey(
        mlkem.MLKEM768PrivateKey.from_seed_bytes(stretched[:64]),
        x25519.X25519PrivateKey.from_private_bytes(stretched[64:]),
    )


def public_bytes(name, seed):
    if name == "x25519":
        return private_key(name, seed).public_key().public_bytes_raw()
    stretched = hashlib.shake_256(seed).digest(96)
    first = mlkem.MLKEM768PrivateKey.from_seed_bytes(stretched[:64]).public_key().public_bytes_raw()
    second = x25519.X25519PrivateKey.from_private_bytes(stretched[64:]).public_key().public_bytes_raw()
    return first + second


def public_key(name, public):
    if name == "x25519":
        return x25519.X25519PublicKey.from_public_bytes(public)
    return hpke.MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184]),
        x25519.X25519PublicKey.from_public_bytes(public[1184:]),
    )


def info(operation, epoch, role, policy, message_id):
    return b"cowl/1 walk-in" + bytes([role]) + operation + u32(epoch) + u32(policy) + message_id


def hint(epoch, policy):
    return (epoch & 15) << 4 | policy & 15


def mark(message_id, enc):
    """Spec §5.4."""
    return hashlib.sha256(message_id + enc).digest()[:16]


def seal_walk_in(operation, epoch, policy, layout, publics, texts, random):
    message_id = random[:15] + bytes([random[14] ^ hint(epoch, policy)])
    message = message_id
    readers = [role for role, reads in enumerate(layout.walk_in) if reads]
    for role, public, text in zip(readers, publics, texts):
        context = info(operation, epoch, role, policy, message_id)
        message += suite_of(layout.suite).encrypt(text, public_key(layout.suite, public), context)
    return message


def open_walk_in(layout, seed, context, part):
    try:
        text = suite_of(layout.suite).decrypt(part, private_key(layout.suite, seed), context)
    except (InvalidTag, ValueError):
        raise Refused("not authentic") from None
    return read_plaintext(text)


def relay_hint(random, epoch):
    """Spec §7.5."""
    return bytes([random, random ^ (epoch & 15) * 17])


def relay_info(mode, operation, epoch, front):
    return b"cowl/1 relay" + bytes([mode]) + operation + u32(epoch) + front


def unwrap(suite, operation, lengths, held, message):
    """Class, epoch, what is inside and its mark (spec §7.5); `held` has the seed of each epoch, newest first."""
    enc = {"x-wing": 1120, "x25519": 32}[suite]
    modes = [mode for mode, length in enumerate(lengths) if len(message) == 2 + enc + length + 16]
    epochs = [epoch for epoch in held if message[:2] == relay_hint(message[0], epoch)] if modes else []
    if not epochs:
        raise Refused("refused")
    context = relay_info(modes[0], operation, epochs[0], message[:2])
    try:
        inside = suite_of(suite).decrypt(message[2:], private_key(suite, held[epochs[0]]), context)
    except (InvalidTag, ValueError):
        raise Refused("refused") from None
    return modes[0], epochs[0], inside, hashlib.sha256(message[2 : 2 + enc]).digest()[:16]


def open_with_zero_secret(seed, context, part):
    """HPKE by hand with a Diffie-Hellman result of zero: shows that a vector is what it says."""

    def extract(suite, salt, label, secret):
        import hmac

        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")

    def out(suite, key, label, context, length):
        expansion = u16(length) + b"HPKE-v1" + suite + label + context
        return HKDFExpand(algorithm=hashes.SHA256(), length=length, info=expansion).derive(key)

    enc, public = part[:32], public_bytes("x25519", seed)
    kem, suite = b"KEM\0\x20", b"HPKE\0\x20\0\x01\0\x03"
    shared = out(kem, extract(kem, b"", b"eae_prk", bytes(32)), b"shared_secret", enc + public, 32)
    schedule = b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", context)
    secret = extract(suite, shared, b"secret", b"")
    key, nonce = out(suite, secret, b"key", schedule, 32), out(suite, secret, b"base_nonce", schedule, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, part[32:], None)


# --- spec §4.5, §5.4: a receiver, as simple as can be ------------------------------------------------------------


class Receiver:
    """Knows every tag of every counter of the vectors, so what must wait for its turn is the only difference."""

    def __init__(self, said, operation, layout, role):
        self.operation, self.layout, self.role = operation, layout, role
        self.windows, self.limits = said["windows"], said["walk-in limits"]
        self.policies = said["policies"]
        self.keys, self.seeds, self.next, self.used, self.waiting = {}, {}, {}, {}, []
        for held in said["held"]:
            epoch, root = held["epoch"], bytes.fromhex(held["role roots"][role])
            self.seeds[epoch] = walk_in_seed(operation, root, role, epoch)
            for place in set(range(said["places"])) - set(said["revoked"]):
                self.keys[epoch, place] = part_keys(device_root(operation, root, role, epoch, place))
                self.next[epoch, place] = 0
        self.late, self.seen = set(), {}
        self.allowance, self.reckoned = 1000 * self.limits["burst"], 0
        self.opened_ids = {epoch: set() for epoch in self.seeds}

    def receive(self, message, at):
        """The class of the answer, and what was opened."""
        try:
            if len(message) == self.layout.enrolled_length:
                return self.enrolled(message)
            if len(message) == self.layout.walk_in_length:
                return "opened", [self.walk_in(message, at)]
            raise Refused("size")
        except Refused as refused:
            return str(refused), []

    def expected(self, number):
        every = self.windows["every"]
        after = number + self.windows["next"]
        first = -(-after // every) * every
        marks = [first + n * every for n in range(self.windows["ahead"])]
        return [counter for counter in [*range(number, after), *marks] if counter <= LAST_COUNTER]

    def find(self, tag):
        for device, (_, tag_key) in self.keys.items():
            for counter in self.expected(self.next[device]):
                if aes_block(tag_key, counter) == tag:
                    return device, counter
        return None

    def enrolled(self, message):
        start, end = self.layout.enrolled_part(self.role)
        tag, auth = message[start : start + 16], message[end - 16 : end]
        late = next((hit for hit in self.late if self.tag(hit) == tag), None)
        if hit := self.find(tag):
            opened = [self.open(hit, message)]
            self.used[tag] = hit, auth
            return "opened", opened + self.advance(hit)
        if late:
            opened = [self.open(late, message)]
            self.late.discard(late)
            self.used[tag] = late, auth
            return "opened", opened
        if tag in self.used:
            hit, used = self.used[tag]
            if used == auth:
                raise Refused("replayed")
            return "clone", [self.open(hit, message)]
        self.waiting.append((tag, message))
        raise Refused("unknown")

    def tag(self, hit):
        device, counter = hit
        return aes_block(self.keys[device][1], counter)

    def open(self, hit, message):
        (epoch, place), _ = hit
        part_key = self.keys[epoch, place][0]
        opened = open_enrolled(self.operation, epoch, self.role, self.layout, part_key, message)
        sender = {"place": place, "pseudonym": pseudonym(self.operation, epoch, place)}
        return {"epoch": epoch, "sender": sender, **opened}

    def advance(self, hit):
        opened = []
        while hit:
            device, counter = hit
            before, self.next[device] = self.next[device], counter + 1
            known = self.expected(before)
            hit = None
            for passed in range(before, counter):
                opened_now = self.open_waiting((device, passed), opened)
                if not opened_now and self.tag((device, passed)) not in self.used:
                    self.late.add((device, passed))
            for ahead in self.expected(counter + 1):
                if ahead not in known and self.open_waiting((device, ahead), opened):
                    hit = device, ahead
        return opened

    def open_waiting(self, hit, opened):
        tag = self.tag(hit)
        for entry in [entry for entry in self.waiting if entry[0] == tag]:
            self.waiting.remove(entry)
            try:
                opened.append(self.open(hit, entry[1]))
            except Refused:
                continue
            _, end = self.layout.enrolled_part(self.role)
            self.used[tag] = hit, entry[1][end - 16 : end]
            return True
        return False

    def walk_in(self, message, at):
        part = self.layout.walk_in_part(self.role)
        if part is None:
            raise Refused("walk-in role")
        message_id = message[:16]
        fits = [
            (epoch, policy)
            for epoch in sorted(self.seeds, reverse=True)
            for policy in sorted(self.policies, reverse=True)
            if message_id[14] ^ message_id[15] == hint(epoch, policy)
        ]
        if not fits:
            raise Refused("walk-in keys")
        epoch, policy = fits[0]
        remembered = self.remembered(message, part)
        if remembered in self.opened_ids[epoch]:
            raise Refused("replayed")
        if len(self.opened_ids[epoch]) >= self.limits["record"]:
            raise Refused("walk-in record full")
        self.spend(at)
        context = info(self.operation, epoch, self.role, policy, message_id)
        opened = open_walk_in(self.layout, self.seeds[epoch], context, message[slice(*part)])
        if opened["policy"] != policy:
            raise Refused("not authentic")
        self.opened_ids[epoch].add(remembered)
        return {"epoch": epoch, "sender": "walk-in", **opened}

    def remembered(self, message, part):
        start, _ = part
        return mark(message[:16], message[start : start + self.layout.enc])

    def spend(self, at):
        gained = (at - self.reckoned) * self.limits["per minute"] * 1000 // 60
        self.allowance = min(self.allowance + gained, 1000 * self.limits["burst"])
        self.reckoned = at
        if self.allowance < 1000:
            raise Refused("walk-in budget")
        self.allowance -= 1000


# --- spec §6: what the authority signs ---------------------------------------------------------------------------


# The points of order 1, 2, 4 and 8 (RFC 8032 does not ask for this check; spec §6 does).
SMALL_ORDER = {
    bytes.fromhex(point)
    for point in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    )
}


def verify(authority, context, signature, content):
    if authority in SMALL_ORDER or signature[:32] in SMALL_ORDER:
        raise Refused("not signed")
    digest = hashlib.sha256(content).digest()
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(authority)
        key.verify(signature, bytes([len(context)]) + context + digest)
    except InvalidSignature:
        raise Refused("not signed") from None


def fingerprint(authority):
    digits = hashlib.sha256(authority).digest()[:16].hex()
    return "-".join(digits[n : n + 4] for n in range(0, 32, 4))


def framed(content):
    """Length, CBOR, zero padding."""
    if len(content) < 4:
        raise Refused("malformed")
    length = int.from_bytes(content[:4], "big")
    cbor, padding = content[4 : 4 + length], content[4 + length :]
    if 4 + length > len(content) or any(padding):
        raise Refused("malformed")
    return read_cbor(cbor, whole=True)


def read_cbor(content, whole=False):
    try:
        value, end = cbor_item(content, 0)
    except (IndexError, ValueError, struct.error):
        raise Refused("malformed") from None
    if whole and end != len(content):
        raise Refused("malformed")
    return value


def cbor_item(content, at, depth=0):
    """One item of the deterministic subset that Cowl writes (RFC 8949): no indefinite lengths."""
    if depth > 32:
        raise ValueError("too deep")
    major, small = content[at] >> 5, content[at] & 31
    at += 1
    if major == 7:
        if small in (20, 21, 22):
            return {20: False, 21: True, 22: None}[small], at
        size = {25: ">e", 26: ">f", 27: ">d"}[small] if small in (25, 26, 27) else None
        if size is None:
            raise ValueError("simple value")
        width = struct.calcsize(size)
        return struct.unpack(size, content[at : at + width])[0], at + width
    if small < 24:
        argument = small
    elif small < 28:
        width = 1 << (small - 24)
        if at + width > len(content):
            raise ValueError("cut")
        argument, at = int.from_bytes(content[at : at + width], "big"), at + width
    else:
        raise ValueError("indefinite")
    if major == 0:
        return argument, at
    if major == 1:
        return -1 - argument, at
    if major in (2, 3):
        if at + argument > len(content):
            raise ValueError("cut")
        text = content[at : at + argument]
        return text if major == 2 else text.decode(), at + argument
    if major == 6:
        value, at = cbor_item(content, at, depth + 1)
        return (argument, value), at
    items = []
    for _ in range(argument * (2 if major == 5 else 1)):
        if at >= len(content):
            raise ValueError("cut")
        value, at = cbor_item(content, at, depth + 1)
        items.append(value)
    return (items if major == 4 else list(zip(items[::2], items[1::2]))), at


def read_manifest(authority, manifest):
    if len(manifest) > 1 << 20 or len(manifest) < 32:
        raise Refused("malformed")
    if manifest[:32] != authority:
        raise Refused("not signed")
    if len(manifest) < 96:
        raise Refused("malformed")
    verify(authority, b"cowl/1 manifest", manifest[32:96], manifest[96:])
    if manifest[96:97] != b"\1":
        raise Refused("unknown form" if len(manifest) > 96 else "malformed")
    fields = framed(manifest[97:])
    names = "operation version policy_version calendar policy preset mailbox walk_in custody expires relay service generation".split()
    read = dict(zip(names, fields))
    policy = read["policy"]
    # The whole of the policy's check is not repeated here: that is what the policy vectors are for.
    if policy[8] == 0:
        raise Refused("malformed")
    suite, first = policy[11][0], read["walk_in"]
    readers = sum(role[1] == 0 for role in policy[2])
    length = (1216, 32)[suite]
    complete = all(len(keys) == readers and all(len(key) == length for key in keys) for keys in first[1])
    if read.get("relay"):
        complete = complete and all(len(key) == length for key in read["relay"][1])
    if read.get("service"):
        complete = complete and len(read["service"]) == 1216
    if not complete or read["calendar"][1] != policy[5]:
        raise Refused("inconsistent")
    return read


def read_beacon(authority, operation, newest, key, beacon):
    if len(beacon) < 64:
        raise Refused("malformed")
    verify(authority, b"cowl/1 beacon", beacon[:64], beacon[64:])
    fields = framed(beacon[64:])
    read = dict(zip(["operation", "sequence", "epoch", "into epoch", "manifest", "sealed"], fields))
    if read["operation"] != operation:
        raise Refused("other operation")
    if read["sequence"] <= newest:
        raise Refused("replayed")
    aad = b"cowl/1 counts" + operation + u32(read["epoch"]) + u64(read["sequence"])
    try:
        counts = AESGCMSIV(key).decrypt(bytes(4) + u64(read["sequence"]), read["sealed"], aad)
    except InvalidTag:
        raise Refused("counts") from None
    zones, marks = read_news(counts)
    keys = [(zone[0][0], zone[0][1].encode()) for zone in zones]
    if keys != sorted(set(keys)):
        raise Refused("malformed")
    read["zones"], read["clone marks"] = zones, marks
    return read


def read_bulletin(authority, operation, newest, key, bulletin):
    if len(bulletin) < 64:
        raise Refused("malformed")
    verify(authority, b"cowl/1 bulletin", bulletin[:64], bulletin[64:])
    read = dict(zip(["operation", "sequence", "epoch", "sealed"], framed(bulletin[64:])))
    if read["operation"] != operation:
        raise Refused("other operation")
    if read["sequence"] <= newest:
        raise Refused("replayed")
    aad = b"cowl/1 commands" + operation + u32(read["epoch"]) + u64(read["sequence"])
    try:
        content = AESGCMSIV(key).decrypt(bytes(4) + u64(read["sequence"]), read["sealed"], aad)
    except InvalidTag:
        raise Refused("commands") from None
    try:
        commands, at = cbor_item(content, 0)
    except (IndexError, ValueError, struct.error):
        raise Refused("malformed") from None
    numbers = [command[0] for command in commands]
    topics = [command[1] for command in commands]
    sound = all(topic and topic[0] != "$" and not set(topic) & set("+#\0") for topic in topics)
    sound = sound and all(len(topic.encode()) <= 256 for topic in topics)
    if any(content[at:]) or len(commands) > 64 or numbers != sorted(set(numbers)) or not sound:
        raise Refused("malformed")
    read["commands"] = commands
    return read


def read_dispatch(authority, operation, newest, dispatch):
    if len(dispatch) < 64:
        raise Refused("malformed")
    verify(authority, b"cowl/1 dispatch", dispatch[:64], dispatch[64:])
    read = dict(zip(["operation", "sequence", "epoch", "time", "lanes", "marks"], framed(dispatch[64:])))
    marks = [read["marks"][at : at + 8] for at in range(0, len(read["marks"]), 8)]
    lengths = {len(lane) for lane in read["lanes"]}
    if marks != sorted(set(marks)) or len(read["lanes"]) < 2 or len(lengths) != 1:
        raise Refused("malformed")
    if read["operation"] != operation:
        raise Refused("other operation")
    if read["sequence"] <= newest:
        raise Refused("replayed")
    return read


def read_alerts(read, lane, key):
    """The alerts of a lane, held against whom they may be for."""
    aad = b"cowl/1 alerts" + read["operation"] + u32(read["epoch"]) + u64(read["sequence"]) + bytes([lane])
    try:
        content = AESGCMSIV(key).decrypt(bytes(4) + u64(read["sequence"]), read["lanes"][lane], aad)
    except InvalidTag:
        raise Refused("alerts") from None
    try:
        alerts, at = cbor_item(content, 0)
    except (IndexError, ValueError, struct.error):
        raise Refused("malformed") from None
    numbers = [alert[0] for alert in alerts]
    turning = {chr(code) for code in (*range(0x2028, 0x202F), *range(0x2066, 0x206A))}

    def sound(alert):
        _, (kind, of), given, until, text = alert
        shown = not any(unicodedata.category(char) == "Cc" or char in turning for char in text)
        here = kind == 0 or lane > 0 and kind in (1, 3) or kind == 2 and lane == 2 + of[0]
        return shown and here and 1 <= len(text.encode()) <= 500 and given < until

    if any(content[at:]) or numbers != sorted(set(numbers)) or not all(map(sound, alerts)):
        raise Refused("malformed")
    return numbers


def read_news(content):
    """Counts, then the marks of devices in use twice, if there are any; then padding."""
    try:
        zones, at = cbor_item(content, 0)
        if at == len(content) or content[at] == 0:
            return zones, []
        marks, _ = cbor_item(content, at)
    except (IndexError, ValueError, struct.error):
        raise Refused("malformed") from None
    if not isinstance(marks, bytes) or len(marks) % 8 or not 0 < len(marks) <= 32 * 8:
        raise Refused("malformed")
    marks = [marks[at : at + 8] for at in range(0, len(marks), 8)]
    if marks != sorted(set(marks)):
        raise Refused("malformed")
    return zones, marks


# --- the vectors -------------------------------------------------------------------------------------------------


def unhex(value):
    return bytes.fromhex(value)


def same(what, ours, theirs):
    if ours != theirs:
        raise AssertionError(f"{what}: {ours!r} here, {theirs!r} there")


def check_schedule(file, case):
    operation = unhex(file["operation"])
    if "seed" in case:
        made = derive(operation, unhex(case["seed"]), b"cowl/1 erasure handle" + u32(case["epoch"]))[:16]
        same("handle", made.hex(), case["handle"])
    elif "beacon secret" in case:
        made = derive(operation, unhex(case["beacon secret"]), b"cowl/1 beacon key" + u32(case["epoch"]))
        same("beacon key", made.hex(), case["beacon key"])
    elif "relay root" in case:
        seed = relay_seed(operation, unhex(case["relay root"]), case["epoch"])
        same("seed", seed.hex(), case["relay seed"])
        same("public key", public_bytes("x25519", seed).hex(), case["relay public key, X25519"])
    else:
        root, role, epoch = unhex(case["role root"]), case["role"], case["epoch"]
        device = device_root(operation, root, role, epoch, case["place"])
        part, tag = part_keys(device)
        seed = walk_in_seed(operation, root, role, epoch)
        same("device root", device.hex(), case["device root"])
        same("part key", part.hex(), case["part key"])
        same("tag key", tag.hex(), case["tag key"])
        same("clone mark", expand(device, b"cowl/1 clone mark")[:8].hex(), case["clone mark"])
        same("seed", seed.hex(), case["walk-in seed"])
        same("public key", public_bytes("x25519", seed).hex(), case["walk-in public key, X25519"])
        for expected in case["tags"]:
            same("tag", aes_block(tag, expected["counter"]).hex(), expected["tag"])


def check_places(file, case):
    made = places(unhex(file["operation"]), unhex(case["place secret"]), case["epoch"], case["count"])
    if "places" in case:
        same("places", made, case["places"])
    else:
        digest = hashlib.sha256(b"".join(u32(place) for place in made)).hexdigest()
        same("places", digest, case["SHA-256 of the places"])


def check_pseudonym(file, case):
    made = pseudonym(unhex(file["operation"]), case["epoch"], case["place"])
    same("pseudonym", made, case["pseudonym"])


def check_mailbox(file, case):
    shards = case["shards"]
    good = shards in (1, 2, 4, 8, 16, 32, 64, 128, 256)
    same("class", "good" if good else "malformed", case["class"])
    if good:
        shard = unhex(case["message begins"])[0] * shards // 256
        same("topic", f"{file['mailbox']}/r/{shard:02x}", case["topic"])


def check_messages(file, case):
    operation, layout = unhex(file["operation"]), Layout(file["layout"])
    same("enrolled length", layout.enrolled_length, file["layout"]["enrolled length"])
    same("walk-in length", layout.walk_in_length, file["layout"]["walk-in length"])
    receiver = Receiver(file["receiver"], operation, layout, case["role"])
    for number, step in enumerate(case["steps"]):
        message = unhex(step["message"])
        answer, opened = receiver.receive(message, step["at"])
        same(f"step {number}", answer, step["expect"])
        for report in opened:
            for name in ("report", "handle", "body"):
                report[name] = report[name].hex()
        same(f"reports of step {number}", opened, step["reports"])
    if "sealed" in case:
        check_sealed(operation, layout, case["sealed"], unhex(case["steps"][0]["message"]))
    if "made" in case:
        check_made(layout, case, unhex(case["steps"][0]["message"]))
    if case["name"].startswith("encapsulated key ") and "§5.1" in case["spec"] and layout.suite == "x25519":
        check_low_order(operation, layout, file, case)


def check_sealed(operation, layout, sealed, message):
    devices, texts = [], []
    for part in sealed["parts"]:
        start, _ = layout.enrolled_part(part["role"])
        same("tag", message[start : start + 16].hex(), part["tag"])
        same("nonce", part["tag"][:24], part["nonce"])
        same("tag", aes_block(unhex(part["tag key"]), sealed["counter"]).hex(), part["tag"])
        aad = associated(operation, sealed["epoch"], part["role"], layout, message)
        same("associated data", aad.hex(), part["associated data"])
        key = AESGCMSIV(unhex(part["part key"]))
        text = unhex(part["plaintext"])
        _, end = layout.enrolled_part(part["role"])
        same("part", key.encrypt(unhex(part["nonce"]), text, aad), message[start + 16 : end])


def check_made(layout, case, message):
    made = case["made"]
    part = message[slice(*layout.walk_in_part(case["role"]))]
    text = suite_of(layout.suite).decrypt(part, private_key(layout.suite, unhex(made["private key"])), unhex(made["info"]))
    same("plaintext", text.hex(), made["plaintext"])
    same("message id", message[:16].hex(), made["message id"])
    same("mark", mark(message[:16], part[: layout.enc]).hex(), made["mark"])


def check_low_order(operation, layout, file, case):
    if case["name"] not in ("encapsulated key all zero", "encapsulated key one", "encapsulated key of order eight"):
        return
    role, now = case["role"], file["receiver"]["now"]
    root = next(held for held in file["receiver"]["held"] if held["epoch"] == now)["role roots"][role]
    seed = walk_in_seed(operation, unhex(root), role, now)
    message = unhex(case["steps"][0]["message"])
    context = info(operation, now, role, file["receiver"]["policies"][-1], message[:16])
    read_plaintext(open_with_zero_secret(seed, context, message[slice(*layout.walk_in_part(role))]))


def check_relay(file, case):
    operation, message = unhex(file["operation"]), unhex(case["message"])
    held = {row["epoch"]: relay_seed(operation, unhex(row["relay root"]), row["epoch"]) for row in file["held"]}
    held = dict(sorted(held.items(), reverse=True))
    lengths = [file["enrolled length"], file["walk-in length"]]
    try:
        mode, epoch, inside, mark = unwrap(file["suite"], operation, lengths, held, message)
    except Refused as refused:
        same("class", str(refused), case["class"])
        if case["name"].startswith("encapsulated key ") and file["suite"] == "x25519" and "altered" not in case["name"]:
            context = relay_info(0, operation, 10, message[:2])
            open_with_zero_secret(held[10], context, message[2:])
        return
    same("class", "good", case["class"])
    opens = case["opens"]
    same("mode", ("enrolled", "walk-in")[mode], opens["mode"])
    same("epoch", epoch, opens["epoch"])
    same("inside", inside.hex(), opens["inside"])
    same("mark", mark.hex(), opens["mark"])
    same("private key", held[epoch].hex(), opens["private key"])
    same("info", relay_info(mode, operation, epoch, message[:2]).hex(), opens["info"])


def check_manifest(file, case):
    authority = unhex(file["authority"])
    same("fingerprint", fingerprint(authority), file["fingerprint"])
    authority = unhex(case.get("authority", file["authority"]))
    manifest = bytes(case["zero bytes"]) if "zero bytes" in case else unhex(case["manifest"])
    try:
        read = read_manifest(authority, manifest)
        if "succeeds" in case:
            known = read_manifest(authority, unhex(file["known"]))
            if read["operation"] != known["operation"]:
                raise Refused("other operation")
            if read["version"] < known["version"] or read["policy_version"] < known["policy_version"]:
                raise Refused("rolled back")
            if read["version"] == known["version"] and manifest != unhex(file["known"]):
                raise Refused("forked")
            if read["policy_version"] == known["policy_version"] and read["policy"] != known["policy"]:
                raise Refused("forked")
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])
    if "says" in case:
        says = case["says"]
        same("version", read["version"], says["version"])
        same("policy version", read["policy_version"], says["policy version"])
        same("calendar", read["calendar"], says["calendar"])
        same("mailbox", read["mailbox"].hex(), says["mailbox"])
        same("expires", read["expires"], says["expires"])
        for row, keys in zip(says["walk-in keys from"], read["walk_in"][1]):
            for role, (root, key) in enumerate(zip(row["role roots"], keys)):
                seed = walk_in_seed(unhex(file["operation"]), unhex(root), role, row["epoch"])
                same("walk-in key", public_bytes(says["suite"], seed).hex(), key.hex())
        for row, key in zip(says["walk-in keys from"], read["relay"][1]):
            seed = relay_seed(unhex(file["operation"]), unhex(row["relay root"]), row["epoch"])
            same("relay key", public_bytes(says["suite"], seed).hex(), key.hex())


def check_beacon(file, case):
    beacon = unhex(case["beacon"])
    try:
        read = read_beacon(
            unhex(file["authority"]), unhex(file["operation"]), file["newest"], unhex(file["beacon key"]), beacon
        )
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])
    same("size", len(beacon), file["size"])
    if "says" in case:
        says = case["says"]
        for name in ("sequence", "epoch", "into epoch", "manifest"):
            same(name, read[name], says[name])
        same("counts", read["zones"], read_cbor(unhex(says["counts"])))
        same("clone marks", [mark.hex() for mark in read["clone marks"]], says.get("clone marks", []))


def check_bulletin(file, case):
    bulletin = unhex(case["bulletin"])
    key = expand(unhex(file["beacon key"]), b"cowl/1 bulletin key")
    same("bulletin key", key.hex(), file["bulletin key"])
    try:
        read = read_bulletin(unhex(file["authority"]), unhex(file["operation"]), file["newest"], key, bulletin)
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])
    same("size", len(bulletin), file["size"])
    says = case["says"]
    for name in ("sequence", "epoch"):
        same(name, read[name], says[name])
    said = [[row["number"], row["topic"], unhex(row["payload"]), row["retain"]] for row in says["commands"]]
    same("commands", read["commands"], said)


def check_dispatch(file, case):
    operation = unhex(file["operation"])
    epoch = 10

    def role_key(role, root):
        return derive(operation, root, b"cowl/1 role's alerts" + bytes([role]) + u32(epoch))

    keys = {
        "everybody": (0, derive(operation, unhex(file["authority"]), b"cowl/1 public alerts" + u32(epoch))),
        "members": (1, expand(unhex(file["beacon key"]), b"cowl/1 members' alerts")),
        "triage": (2, role_key(0, unhex(file["triage root"]))),
        "medical": (3, role_key(1, unhex(file["medical root"]))),
    }
    try:
        read = read_dispatch(unhex(file["authority"]), operation, file["newest"], unhex(case["dispatch"]))
        read_alerts(read, *keys["medical"])
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])
    same("size", len(unhex(case["dispatch"])), file["size"])
    for name, (lane, key) in keys.items():
        same(name, read_alerts(read, lane, key), case["says"][name])
    mark = expand(unhex(file["help key"]), b"cowl/1 help mark" + operation + u64(read["sequence"]))[:8]
    marks = [read["marks"][at : at + 8] for at in range(0, len(read["marks"]), 8)]
    same("help", mark in marks, case["says"]["help"])


def check_credential(file, case):
    try:
        read = read_credential(unhex(case["file"]))
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])
    if "holds" in case:
        (kind, (keyring,)) = read["member"]
        same("kind", kind, 0)
        first, epochs = keyring
        for row, (roots, _) in zip(case["holds"]["epochs"], epochs):
            same("epoch", row["epoch"], first)
            same("device roots", [root.hex() for root in roots], row["device roots"])
            first += 1


def read_credential(content):
    """Spec §6.3."""
    name = b"cowl credential 1\n"
    if not content.startswith(name):
        raise Refused("not a credential")
    try:
        (authority, manifest, *rest), at = cbor_item(content, len(name))
        member, at = cbor_item(content, at)
    except (IndexError, ValueError, struct.error):
        raise Refused("malformed") from None
    if at != len(content):
        raise Refused("malformed")
    try:
        roles = len(read_manifest(authority, manifest)["policy"][2])
    except Refused:
        raise Refused("manifest") from None
    kind, (held, *_) = member
    keyrings = {0: [held], 1: [], 2: held, 3: held}[kind]
    if any(len(roots) != roles for _, epochs in keyrings for roots, _ in epochs):
        raise Refused("malformed")
    if kind == 1 and any(keyring[0] >= roles for keyring in held):
        raise Refused("malformed")
    return {"login": rest[0], "instance": rest[1], "member": member}


# --- spec §4.6: the custody part -----------------------------------------------------------------------------------


def element(encoded, why):
    try:
        return ristretto.decode(encoded)
    except ristretto.NotAnElement:
        raise Refused(why) from None


def scalar(encoded, why):
    try:
        return ristretto.scalar(encoded)
    except ristretto.NotAnElement:
        raise Refused(why) from None


def custody_hash(label, *fields):
    text = label + b"".join(u32(len(field)) + field for field in fields)
    return int.from_bytes(hashlib.sha512(text).digest(), "little") % ristretto.ORDER


def read_custody_key(content):
    """The number of custodians and the commitments."""
    number, commitments = read_cbor(content, whole=True)
    if not 2 <= len(commitments) <= number <= 16:
        raise Refused("malformed")
    return number, [element(commitment, "malformed") for commitment in commitments]


def verifying(key, custodian):
    """What a custodian's share times the generator is."""
    total = ristretto.Point(0, 1, 1, 0)
    for power, commitment in enumerate(key[1]):
        total = total + pow(custodian, power, ristretto.ORDER) * commitment
    return total


def read_glass_request(authority, content):
    name = b"cowl glass request 1\n"
    if not content.startswith(name):
        raise Refused("not a request")
    signature, cbor = content[len(name) :][:64], content[len(name) + 64 :]
    if len(signature) < 64:
        raise Refused("malformed")
    verify(authority, b"cowl/1 glass request", signature, cbor)
    read = read_cbor(cbor, whole=True)
    names = "sealed custodians about requester reason made expires number".split()
    request = dict(zip(names, read))
    request["id"] = hashlib.sha256(cbor).digest()
    turning = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    for words in (request["about"], request["requester"], request["reason"]):
        if not words.strip() or any(unicodedata.category(char) == "Cc" or char in turning for char in words):
            raise Refused("words")
    if not 1 <= request["expires"] - request["made"] <= 30 * 86_400:
        raise Refused("life")
    return request


def check_request(file, key, request, now):
    """What a custodian's machine refuses before it shows anything."""
    operation, mode, epoch, name, part, _ = request["sealed"]
    public = key[1][0].encode()
    if operation != unhex(file["operation"]):
        raise Refused("other operation")
    if request["custodians"] != public:
        raise Refused("other key")
    if now >= request["expires"]:
        raise Refused("expired")
    if now + 86_400 < request["made"]:
        raise Refused("clock behind")
    why = "not proven"
    if mode not in (0, 1) or len(part) < 96:
        raise Refused(why)
    context = bytes([mode]) + operation + u32(epoch) + name
    number, challenge, answer = element(part[:32], why), scalar(part[32:64], why), scalar(part[64:96], why)
    again = answer * ristretto.BASE - challenge * number
    if challenge != custody_hash(b"cowl/1 custody proof", part[:32], again.encode(), context, part[96:]):
        raise Refused(why)
    return context, number


def read_partial(content):
    name = b"cowl glass partial 1\n"
    if not content.startswith(name):
        raise Refused("not a partial")
    return read_cbor(content[len(name) :], whole=True)


def opened(key, request, context, number, partials):
    """The policy's version and the body, and who opened it."""
    public, part, results = key[1][0].encode(), request["sealed"][4], {}
    for of, custodian, result, challenge, answer in partials:
        if not 1 <= custodian <= key[0]:
            raise Refused("no custodian")
        if of != request["id"]:
            raise Refused("other request")
        if custodian in results:
            raise Refused("twice")
        point, own = element(result, "forged"), verifying(key, custodian)
        challenge, answer = scalar(challenge, "forged"), scalar(answer, "forged")
        first = (answer * ristretto.BASE - challenge * own).encode()
        second = (answer * number - challenge * point).encode()
        fields = (of, public, bytes([custodian]), own.encode(), part[:32], result, first, second)
        if challenge != custody_hash(b"cowl/1 custody partial", *fields):
            raise Refused("forged")
        results[custodian] = point
    if len(results) < len(key[1]):
        raise Refused("too few")
    shared = ristretto.Point(0, 1, 1, 0)
    for custodian, point in results.items():
        weight = 1
        for other in results:
            if other != custodian:
                weight = weight * other * pow(other - custodian, -1, ristretto.ORDER) % ristretto.ORDER
        shared = shared + weight * point
    report = request["sealed"][5]
    bound = b"cowl/1 custody key" + public + part[:32] + report + context
    try:
        text = AESGCMSIV(derive(None, shared.encode(), bound)).decrypt(bytes(12), part[96:], b"")
    except (InvalidTag, ValueError):
        raise Refused("not authentic") from None
    length = int.from_bytes(text[4:6], "big")
    if len(text) < 6 + length or any(text[6 + length :]):
        raise Refused("not authentic")
    return int.from_bytes(text[:4], "big"), text[6 : 6 + length], list(results)


def check_custody(file, case):
    try:
        key = read_custody_key(unhex(case.get("key", file["key"])))
        if "share" in case:
            share = scalar(unhex(case["share"]), "share")
            number = case["number"]
            if not 1 <= number <= key[0] or (share * ristretto.BASE).encode() != verifying(key, number).encode():
                raise Refused("share")
        if "request" in case:
            request = read_glass_request(unhex(file["authority"]), unhex(case["request"]))
            context, number = check_request(file, key, request, case["now"])
            partials = [read_partial(unhex(answer)) for answer in case["answers"]]
            policy, body, custodians = opened(key, request, context, number, partials)
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])
    if "request" in case:
        says = case["says"]
        found = {"id": request["id"].hex(), "policy": policy, "body": body.hex(), "custodians": custodians}
        same("what is opened", found, {name: says[name] for name in found})


# --- spec §6.5: bundles --------------------------------------------------------------------------------------------


def read_bundle(file, case):
    own = lambda name: case.get(name, file[name])
    bundle, operation, role = unhex(case["bundle"]), unhex(file["operation"]), file["role"]
    if len(bundle) < 64:
        raise Refused("malformed")
    verify(unhex(file["authority"]), b"cowl/1 bundle", bundle[:64], bundle[64:])
    of, sequence, epoch, sections, live, seats = framed(bundle[64:])
    if len(sections) > 8 or len(seats) % 56:
        raise Refused("malformed")
    if of != operation:
        raise Refused("other operation")
    if sequence <= file["newest"] or epoch < own("chain epoch"):
        raise Refused("replayed")
    chain = unhex(file["chain keys"]["keys"][own("chain epoch") - file["chain keys"]["first"]])
    for _ in range(epoch - own("chain epoch")):
        chain = expand(chain, b"cowl/1 chain")

    def unsealed(key, context, text, bound=b""):
        aad = context + operation + u32(epoch) + u64(sequence) + bound
        return AESGCMSIV(key).decrypt(bytes(4) + u64(sequence), text, aad)

    hint, section_key = expand(chain, b"cowl/1 seat hint" + u64(sequence))[:8], None
    for at in range(0, len(seats), 56):
        if seats[at : at + 8] == hint:
            try:
                sealed = seats[at + 8 : at + 56]
                section_key = unsealed(expand(chain, b"cowl/1 seat key"), b"cowl/1 seat", sealed, bytes([role]))
            except InvalidTag:
                pass
    if section_key is None:
        raise Refused("no seat")
    if role >= len(sections):
        raise Refused("malformed")
    try:
        section = unsealed(section_key, b"cowl/1 section", sections[role], bytes([role]))
        if len(section) < 5 + 32 or (len(section) - 5) % 32:
            raise Refused("malformed")
        places = unsealed(section[-32:], b"cowl/1 live places", live)
    except InvalidTag:
        raise Refused("sealing") from None
    first, count, room = int.from_bytes(section[:4], "big"), section[4], len(section[5:-32]) // 32
    if not 1 <= count <= room or any(section[5 + 32 * count : -32]) or first + count > 1 << 32:
        raise Refused("malformed")
    roots = [section[5 + 32 * n : 37 + 32 * n].hex() for n in range(count)]
    return sequence, epoch, first, roots, read_places(places, count, room, own("places"))


def read_places(content, count, room, places):
    """The revoked places of each epoch."""
    each = len(content) // room
    if len(content) != each * room or any(content[each * count :]):
        raise Refused("malformed")
    lists = []
    for part in (content[each * n : each * n + each] for n in range(count)):
        if places <= 1 << 16:
            bits = [byte >> 7 - bit & 1 for byte in part for bit in range(8)]
            if each != (places + 7) // 8 or any(bits[places:]):
                raise Refused("malformed")
            lists.append([place for place in range(places) if not bits[place]])
            continue
        words = [int.from_bytes(part[at : at + 4], "big") for at in range(0, each, 4)]
        if each % 4 or len(words) < 2 or words[0] != len(words) - 2 or words[0] % 256 or words[1] > words[0]:
            raise Refused("malformed")
        revoked = words[2 : 2 + words[1]]
        if any(words[2 + words[1] :]) or revoked != sorted(set(revoked)) or any(place >= places for place in revoked):
            raise Refused("malformed")
        lists.append(revoked)
    return lists


def check_bundle(file, case):
    try:
        read = read_bundle(file, case)
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])
    says = case["says"]
    same("what it says", list(read), [says[name] for name in ("sequence", "epoch", "first", "roots", "revoked")])


# --- spec §11: tokens ----------------------------------------------------------------------------------------------


def token_input(operation, period, public, nonce):
    context = hashlib.sha256(b"cowl/1 token" + operation + u32(period)).digest()
    challenge = u16(5) + u16(6) + b"cowl/1" + bytes([32]) + context + u16(0)
    digest, key_id = hashlib.sha256(challenge).digest(), hashlib.sha256(public).digest()
    return u16(5) + nonce + digest + key_id


def check_tokens(file, case):
    operation, keys = unhex(file["operation"]), []
    for period in file["periods"]:
        info = b"cowl/1 token key" + operation + u32(period["number"])
        private = ristretto.key_of(unhex(period["seed"]), info)
        public = (private * ristretto.BASE).encode()
        same("public key", public.hex(), period["public key"])
        made = token_input(operation, period["number"], public, bytes(32))
        same("challenge digest", made[34:66].hex(), period["challenge digest"])
        same("key id", made[66:].hex(), period["key id"])
        keys.append((private, public))
    try:
        if "steps" in case:
            spent = set()
            for step in case["steps"]:
                last = take_token(file, operation, keys, spent, step)
                same("answer", last, step["expect"])
            if last != "good":
                raise Refused(last)
        elif "answer" in case:
            take_batch(file, case, operation, keys[1][1])
        else:
            grant(unhex(case["request"]), keys[1][0])
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])


def take_token(file, operation, keys, spent, step):
    password = step["password"]
    letters = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    if len(password) != 216 or set(password) - letters:
        return "no token"
    token = base64.urlsafe_b64decode(password)
    if token[:2] != u16(5):
        return "no token"
    nonce = token[2:34]
    for period, (private, public) in zip(file["periods"], keys):
        text = token_input(operation, period["number"], public, nonce)
        if token[:98] == text and step["at"] < period["taken until"]:
            if ristretto.finalized(text, private * ristretto.to_group(text)) == token[98:]:
                if nonce in spent:
                    return "spent"
                spent.add(nonce)
                return "good"
    return "not good"


def grant(content, private):
    """What the service makes of a request."""
    _, _, blinded = read_cbor(content, whole=True)
    asked = [blinded[at : at + 32] for at in range(0, len(blinded), 32)]
    if not asked:
        raise Refused("refused")
    return [(private * element(one, "refused")).encode() for one in asked]


def take_batch(file, case, operation, public):
    """What a member makes of an answer to the good request."""
    good, period = file["cases"][0], file["periods"][1]["number"]
    answer = read_cbor(unhex(case["answer"]), whole=True)
    if answer[0] > 3:
        raise Refused("malformed")
    same("kind", ["granted", "revoked", "given", "other period"][answer[0]], case.get("says", "granted"))
    if answer[0]:
        return
    why, (made, proof) = "not the tokens", answer[1][0]
    step, of, asked = read_cbor(unhex(good["request"]), whole=True)
    same("request", (step, of), (file["step"], period))
    asked, made = ([all[at : at + 32] for at in range(0, len(all), 32)] for all in (asked, made))
    stored = read_cbor(unhex(good["stored"]), whole=True)[3]
    drawn = [stored[at : at + 96] for at in range(0, len(stored), 96)]
    if len(made) != len(asked):
        raise Refused(why)
    try:
        if not ristretto.proves(public, asked, made, proof):
            raise Refused(why)
    except ristretto.NotAnElement:
        raise Refused(why) from None
    tokens = []
    for one, element_made, sent in zip(drawn, made, asked):
        text = token_input(operation, period, public, one[:32])
        blind = ristretto.scalar(one[32:64])
        same("blinded", (blind * ristretto.to_group(text)).encode(), sent)
        unblinded = pow(blind, -1, ristretto.ORDER) * ristretto.decode(element_made)
        tokens.append((text + ristretto.finalized(text, unblinded)).hex())
    same("tokens", tokens, case["tokens"])


def check_function(file, case):
    """RFC 9497's own vectors."""
    private = ristretto.key_of(unhex(file["seed"]), unhex(file["keyInfo"]))
    same("public key", (private * ristretto.BASE).encode().hex(), file["pkSm"])
    of = {name: [unhex(one) for one in case[name].split(",")] for name in case if isinstance(case[name], str)}
    for text, blind, asked, made, out in zip(
        *(of[name] for name in ("Input", "Blind", "BlindedElement", "EvaluationElement", "Output"))
    ):
        element_of = ristretto.to_group(text)
        same("blinded", (ristretto.scalar(blind) * element_of).encode(), asked)
        same("evaluated", (private * ristretto.decode(asked)).encode(), made)
        same("output", ristretto.finalized(text, private * element_of), out)
    proof = unhex(case["Proof"]["proof"])
    same("proof", ristretto.proves(unhex(file["pkSm"]), of["BlindedElement"], of["EvaluationElement"], proof), True)


# --- spec §16.1: erase orders --------------------------------------------------------------------------------------


def read_erasures(authority, operation, content):
    if len(content) < 64:
        raise Refused("malformed")
    verify(authority, b"cowl/1 erasures", content[:64], content[64:])
    of, sequence, marks = framed(content[64:])
    list_of = [marks[at : at + 16] for at in range(0, len(marks), 16)]
    if len(marks) % 16 or list_of != sorted(set(list_of)):
        raise Refused("malformed")
    if of != operation:
        raise Refused("other operation")
    return sequence, list_of


def erase_what(row):
    """What an order names; `None`: 16 zero bytes are no handle."""
    if "handle" in row:
        handle = unhex(row["handle"])
        return b"\0" + handle if any(handle) else None
    if "pseudonym" in row:
        digits = row["pseudonym"].removeprefix("V-").replace("-", "")
        number = 0
        for digit in digits:
            number = number << 5 | "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(digit)
        return b"\1" + u32(row["epoch"]) + number.to_bytes(5, "big")
    return b"\2" + u32(row["before"])


def check_erasures(file, case):
    operation, content = unhex(file["operation"]), unhex(case["list"])
    try:
        sequence, marks = read_erasures(unhex(file["authority"]), operation, content)
    except Refused as refused:
        same("class", str(refused), case["class"])
        return
    same("class", "good", case["class"])
    same("size", (len(content), len(marks)), (file["size"], file["marks"]))
    same("sequence", sequence, case["says"]["sequence"])
    for row in case["says"]["what"]:
        what = erase_what(row)
        mark = what and hashlib.sha256(b"cowl/1 erase mark" + operation + u64(sequence) + what).digest()[:16]
        same(f"{row}", mark in marks, row["named"])


CHECKS = {
    "schedule": check_schedule,
    "places": check_places,
    "pseudonym": check_pseudonym,
    "mailbox": check_mailbox,
    "enrolled": check_messages,
    "walk-in-x-wing": check_messages,
    "walk-in-x25519": check_messages,
    "relay-x-wing": check_relay,
    "relay-x25519": check_relay,
    "manifest": check_manifest,
    "beacon": check_beacon,
    "bulletin": check_bulletin,
    "dispatch": check_dispatch,
    "credential": check_credential,
    "custody": check_custody,
    "bundle": check_bundle,
    "tokens": check_tokens,
    "voprf-rfc9497": check_function,
    "erasures": check_erasures,
}


def vectors(folder):
    failed = 0
    for name, check in CHECKS.items():
        file = json.loads((pathlib.Path(folder) / f"{name}.json").read_text())
        # RFC 9497's file is in its own form.
        cases = file["cases"] if "cases" in file else file["vectors"]
        for number, case in enumerate(cases):
            try:
                check(file, case)
            except Exception as error:  # every disagreement is shown, whatever its kind
                failed += 1
                print(f"{name}: {case.get('name', number)}: {type(error).__name__}: {error}")
        print(f"{name}: {len(cases)} cases")
    return 1 if failed else 0


# --- with the Rust library, live ---------------------------------------------------------------------------------


def exchange(request):
    operation, layout = unhex(request["operation"]), Layout(request["layout"])
    opened = []
    for message in request["open"]:
        receiver = Receiver(request["receiver"], operation, layout, message["role"])
        answer, reports = receiver.receive(unhex(message["message"]), 0)
        opened.append({"answer": answer, "body": reports[0]["body"].hex() if reports else None})
    sealed = []
    for wish in request["seal"]:
        texts = [
            write_plaintext(unhex(wish["report"]), unhex(wish["handle"]), wish["policy"], unhex(body), size)
            for body, size in zip(wish["bodies"], wish["sizes"])
        ]
        if "counter" in wish:
            devices = [unhex(root) for root in wish["device roots"]]
            message = seal_enrolled(
                operation, wish["epoch"], layout, devices, wish["counter"], texts, unhex(wish["custody"])
            )
        else:
            publics = [unhex(public) for public in wish["public keys"]]
            message = seal_walk_in(
                operation, wish["epoch"], wish["policy"], layout, publics, texts, unhex(wish["random"])
            )
        sealed.append(message.hex())
    return {"opened": opened, "sealed": sealed}


def main(arguments):
    match arguments:
        case ["vectors", folder]:
            return vectors(folder)
        case ["exchange"]:
            json.dump(exchange(json.load(sys.stdin)), sys.stdout)
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
