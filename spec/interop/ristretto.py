"""ristretto255 (RFC 9496) and the verifiable function of RFC 9497 over it. Plain numbers, in no constant time: for vectors only."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"


class NotAnElement(Exception):
    """An encoding that is none, or not the canonical one."""


def magnitude(number):
    number %= P
    return P - number if number & 1 else number


def sqrt_ratio(u, v):
    """Whether u/v is a square, and the root of it or of i·u/v (RFC 9496 §4.2)."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    flipped = check == -u % P
    if flipped or check == -u * SQRT_M1 % P:
        root = root * SQRT_M1 % P
    return check == u % P or flipped, magnitude(root)


INV_SQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235


class Point:
    """Extended coordinates on the twisted Edwards curve."""

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x % P, y % P, z % P, t % P

    def __add__(self, other):
        a, b = (self.y - self.x) * (other.y - other.x), (self.y + self.x) * (other.y + other.x)
        c, d = 2 * D * self.t * other.t, 2 * self.z * other.z
        e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
        return Point(e * f, g * h, f * g, e * h)

    def __neg__(self):
        return Point(-self.x, self.y, self.z, -self.t)

    def __sub__(self, other):
        return self + -other

    def __rmul__(self, number):
        result, power = Point(0, 1, 1, 0), self
        number %= ORDER
        while number:
            if number & 1:
                result = result + power
            power, number = power + power, number >> 1
        return result

    def encode(self):
        """RFC 9496 §4.3.2."""
        u1, u2 = (self.z + self.y) * (self.z - self.y) % P, self.x * self.y % P
        inverse = sqrt_ratio(1, u1 * u2 * u2 % P)[1]
        den1, den2 = inverse * u1 % P, inverse * u2 % P
        z_inverse = den1 * den2 * self.t % P
        x, y, den = self.x, self.y, den2
        if self.t * z_inverse % P & 1:
            x, y, den = self.y * SQRT_M1 % P, self.x * SQRT_M1 % P, den1 * INV_SQRT_A_MINUS_D % P
        if x * z_inverse % P & 1:
            y = -y % P
        return magnitude(den * (self.z - y)).to_bytes(32, "little")


def decode(encoded, identity=False):
    """RFC 9496 §4.3.1. The identity is refused unless it is asked for."""
    s = int.from_bytes(encoded, "little")
    if len(encoded) != 32 or s >= P or s & 1 or (s == 0 and not identity):
        raise NotAnElement
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-(D * u1 * u1) - u2 * u2) % P
    square, inverse = sqrt_ratio(1, v * u2 * u2 % P)
    den_x = inverse * u2 % P
    x, y = magnitude(2 * s * den_x), u1 * inverse * den_x * v % P
    if not square or x * y % P & 1 or y == 0:
        raise NotAnElement
    return Point(x, y, 1, x * y)


def scalar(encoded):
    number = int.from_bytes(encoded, "little")
    if len(encoded) != 32 or number >= ORDER:
        raise NotAnElement
    return number


def mapped(encoded):
    """RFC 9496 §4.3.4."""
    t = int.from_bytes(encoded, "little") & (2**255 - 1)
    r = SQRT_M1 * t * t % P
    u, v = (r + 1) * (1 - D * D) % P, (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    s, c = (s, -1) if square else (-magnitude(s * t), r)
    n = c * (r - 1) * (D - 1) ** 2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return Point(w0 * w3, w2 * w1, w1 * w3, w0 * w2)


def from_uniform(uniform):
    return mapped(uniform[:32]) + mapped(uniform[32:])


BASE = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


# --- RFC 9497, verifiable mode -----------------------------------------------------------------------------------


def expanded(message, label):
    """RFC 9380 §5.3.1 with SHA-512, for 64 bytes."""
    tag = label + CONTEXT + bytes([len(label + CONTEXT)])
    first = hashlib.sha512(bytes(128) + message + bytes([0, 64, 0]) + tag).digest()
    return hashlib.sha512(first + b"\1" + tag).digest()


def to_scalar(message, label=b"HashToScalar-"):
    return int.from_bytes(expanded(message, label), "little") % ORDER


def to_group(message):
    return from_uniform(expanded(message, b"HashToGroup-"))


def sized(*parts):
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def key_of(seed, info):
    return to_scalar(seed + sized(info) + b"\0", b"DeriveKeyPair")


def finalized(message, element):
    return hashlib.sha512(sized(message, element.encode()) + b"Finalize").digest()


def proves(public, asked, made, proof):
    """Whether one key, that of `public`, made all of `made` (RFC 9497 §2.2.2). All are encodings."""
    seed = hashlib.sha512(sized(public, b"Seed-" + CONTEXT)).digest()
    m = z = Point(0, 1, 1, 0)
    for index, (one, other) in enumerate(zip(asked, made)):
        weight = to_scalar(sized(seed) + index.to_bytes(2, "big") + sized(one, other) + b"Composite")
        m, z = m + weight * decode(one), z + weight * decode(other)
    challenge, answer = scalar(proof[:32]), scalar(proof[32:])
    t2, t3 = answer * BASE + challenge * decode(public), answer * m + challenge * z
    parts = [public] + [point.encode() for point in (m, z, t2, t3)]
    return challenge == to_scalar(sized(*parts) + b"Challenge")
