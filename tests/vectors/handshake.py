"""Makes handshake.json: whole handshakes of the encrypted channel, by a program that shares nothing with the library, from the
description in src/channel/secure/secure_impl.h, the Noise protocol framework (revision 34), RFC 7748, RFC 8439 and RFC 9106.

    pip install argon2-cffi && python3 tests/vectors/handshake.py

Random bytes are the same in tests/channel/secure/test_handshake.c: the nth that party p draws are the first of
BLAKE2b-512(p as a byte, n as LE32)."""
import hashlib
import hmac
import json
import pathlib
import struct

VECTORS = pathlib.Path(__file__).with_name("handshake.json")
P = 2**255 - 19


# ---- X25519 and ChaCha20-Poly1305 ----

def x25519(scalar, point=9):
    k = int.from_bytes(scalar, "little") & ~7 & ~(1 << 255) | 1 << 254
    u = point if isinstance(point, int) else int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def chacha_block(key, counter, nonce):
    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = s[x] + s[y] & 0xffffffff
            v = s[z] ^ s[x]
            s[z] = (v << n | v >> 32 - n) & 0xffffffff

    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce))
    s = list(start)
    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((x + y) & 0xffffffff for x, y in zip(s, start)))


def poly1305(key, text):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    sum_ = 0
    for at in range(0, len(text), 16):
        sum_ = (sum_ + int.from_bytes(text[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (sum_ + int.from_bytes(key[16:], "little") & 2**128 - 1).to_bytes(16, "little")


def seal(key, number, text, data):
    nonce = bytes(4) + struct.pack("<Q", number)
    stream = b"".join(chacha_block(key, 1 + i, nonce) for i in range((len(text) + 63) // 64))
    sealed = bytes(a ^ b for a, b in zip(text, stream))
    padded = b"".join(x + bytes(-len(x) % 16) for x in (data, sealed)) + struct.pack("<QQ", len(data), len(sealed))
    return sealed + poly1305(chacha_block(key, 0, nonce)[:32], padded)


# ---- Noise XX and XXpsk3 ----

def blake(*parts):
    return hashlib.blake2b(b"".join(parts)).digest()


def hkdf(chaining_key, text, n):
    temp = hmac.new(chaining_key, text, hashlib.blake2b).digest()
    outputs = [b""]
    for i in range(n):
        outputs.append(hmac.new(temp, outputs[-1] + bytes([i + 1]), hashlib.blake2b).digest())
    return outputs[1:]


class Noise:
    """Both sides at once, as both compute the same."""

    def __init__(self, psk, prologue):
        self.psk = psk
        self.h = (b"Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b" if psk else b"Noise_XX_25519_ChaChaPoly_BLAKE2b").ljust(64, b"\0")
        self.ck, self.key = self.h, None
        self.mix_hash(prologue)

    def mix_hash(self, data):
        self.h = blake(self.h, data)

    def mix_key(self, data):
        self.ck, temp = hkdf(self.ck, data, 2)
        self.key, self.n = temp[:32], 0

    def mix_psk(self):
        self.ck, temp_h, temp_k = hkdf(self.ck, self.psk, 3)
        self.mix_hash(temp_h)
        self.key, self.n = temp_k[:32], 0

    def encrypt(self, text):
        sealed = text
        if self.key:
            sealed, self.n = seal(self.key, self.n, text, self.h), self.n + 1
        self.mix_hash(sealed)
        return sealed

    def ephemeral(self, secret):
        public = x25519(secret)
        self.mix_hash(public)
        if self.psk:
            self.mix_key(public)
        return public

    def run(self, initiator, responder, payloads):
        """(static, ephemeral) of each; the three messages, and the keys of both directions."""
        (si, ei), (sr, er) = initiator, responder
        one = self.ephemeral(ei) + self.encrypt(b"")
        two = self.ephemeral(er)
        self.mix_key(x25519(er, x25519(ei)))
        two += self.encrypt(x25519(sr))
        self.mix_key(x25519(sr, x25519(ei)))
        two += self.encrypt(payloads[0])
        three = self.encrypt(x25519(si))
        self.mix_key(x25519(si, x25519(er)))
        if self.psk:
            self.mix_psk()
        three += self.encrypt(payloads[1])
        return one, two, three, [key[:32] for key in hkdf(self.ck, b"", 2)]


# ---- the handshake ----

def digest(size, *fields):
    return hashlib.blake2b(b"".join(struct.pack("<Q", len(f)) + f for f in fields), digest_size=size).digest()


def u32(n):
    return struct.pack("<I", n)


class Random:
    def __init__(self, party):
        self.party, self.n = party, 0

    def bytes(self):
        self.n += 1
        return blake(bytes([self.party]), u32(self.n - 1))[:32]


def words(bits):
    consonants, vowels = "bdfghjklmnprstvz", "aiou"
    values = struct.unpack(">5H", bits[:10])
    return "-".join(consonants[v >> 12] + vowels[v >> 10 & 3] + consonants[v >> 6 & 15] + vowels[v >> 4 & 3] + consonants[v & 15]
                    for v in values)


def argon2(secret, session):
    from argon2.low_level import Type, hash_secret_raw
    return hash_secret_raw(secret, digest(16, b"polytune/secure/psk", session), 2, 64 << 10, 1, 32, Type.ID)


def handshake(parties, session, secret=None, own_keys=False):
    randoms = [Random(p) for p in range(parties)]
    statics = [bytes([100 + p]) * 32 if own_keys else randoms[p].bytes() for p in range(parties)]
    publics = [x25519(static) for static in statics]
    nonces = [random.bytes() for random in randoms]
    ephemerals = [{peer: random.bytes() for peer in range(parties) if peer != p} for p, random in enumerate(randoms)]
    named = digest(16, b"polytune/secure/session", session)
    commitments = [digest(32, b"polytune/secure/commitment", named, u32(p), publics[p], nonces[p]) for p in range(parties)]
    psk = argon2(secret, session) if secret else None

    def hello(sender, to, noise):
        return (b"PTsc\1\1" + bytes([1 if secret else 0]) + u32(parties) + u32(sender) + u32(to) + named + commitments[sender] +
                noise.ljust(48, b"\0"))

    messages = []
    for i in range(parties):
        for j in range(i + 1, parties):
            prologue = digest(32, b"polytune/secure/1", session, u32(parties), u32(i), u32(j))
            one, two, three, keys = Noise(psk, prologue).run((statics[i], ephemerals[i][j]), (statics[j], ephemerals[j][i]),
                                                             (nonces[j], nonces[i]))
            for sender, to, message in ((i, j, hello(i, j, one)), (j, i, hello(j, i, b"")), (j, i, b"PTsc\2" + two),
                                        (i, j, b"PTsc\3" + three), (j, i, b"PTsc\4" + seal(keys[1], 0, b"", b""))):
                messages.append({"from": sender, "to": to, "bytes": message.hex()})
    fields = [x for pair in zip(publics, nonces) for x in pair]
    fingerprint = digest(16, b"polytune/secure/fingerprint", session, u32(parties), *fields)
    return {"parties": parties, "session": session.decode(), "secret": secret.decode() if secret else "", "own_keys": own_keys,
            "words": words(fingerprint), "messages": messages}


def main():
    # RFC 8439, section 2.8.2, and RFC 7748, section 5.2.
    text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
    key, data = bytes(range(0x80, 0xa0)), bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    assert x25519(bytes([9]) + bytes(31)).hex() == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    assert chacha_block(key, 1, bytes.fromhex("070000004041424344454647"))[0] ^ text[0] == 0xd3
    assert len(seal(key, 0, text, data)) == len(text) + 16
    vectors = [handshake(2, b"a session"), handshake(3, b"another session"),
               handshake(3, b"a third", b"correct horse battery staple", own_keys=True)]
    VECTORS.write_text(json.dumps({"vectors": vectors}, indent=1) + "\n")


if __name__ == "__main__":
    main()
