"""What a hostile client puts in place of a value, of bytes, of a header and of a token's claims."""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.fuzz.documents import Raw

UNSEEN = ("\x00", "\x1b]52;c;QUFB\x07", "\x1b[2J", "\x7f", "\x9b31m", "\u061c", "\u200b", "\u202e", "\u2066", "\u2028",
          "\ufeff", "\ufffe", "\U000e0041", "\r\n", "\t")  # fmt: skip
NUMBERS = ("1e400", "-1e400", "9" * 5000, "-0", "-1", "0", "0.1", "1E2", "9223372036854775807", "9223372036854775808",
           "-9223372036854775809", "18446744073709551616", "1" + "0" * 400, "NaN", "Infinity", "-Infinity", "01", "+1", "0x10")  # fmt: skip
OTHER_TYPES = (
    "true",
    "false",
    "null",
    '""',
    "[]",
    "{}",
    "[null]",
    '{"":{}}',
    '["a","b"]',
    '{"a":1,"a":2}',
)
TIMES = ("0000-00-00", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
         "1900-01-01T00:00:00+14:00", "2199-12-31T23:59:59-14:00", "2025-02-30", "2025-03-30T02:30:00+01:00", "2025-10-26T02:30:00",
         "2025-01-01T25:00:00Z", "2025-01-01T00:00:00+99:00", "٢٠٢٥-٠١-٠١", "1e9", "now")  # fmt: skip
NAMES = ("../../etc/passwd", "' OR 1=1 --", "a.b", "a.>", "*", "%00", "$JS.API.>", "a@1", "known:stadt-koeln", "agenda:x",
         " a ", "a" * 301, "x" * 20_001, "ﬁ", "ſ", "\u212b", "İ", "🦊" * 200, "a\u0301" * 400, "a" + "\u0301" * 3000, "clock", "NRW", "-")  # fmt: skip
JSON_TEXTS = (
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\\u202e\\u001b[2J"',
    '"\\x41"',
    '"unended',
    "'a'",
    '"a\nb"',
)
DEEP = tuple(
    opening * depth + closing * depth
    for depth in (50, 190, 220, 950, 3000)
    for opening, closing in (("[", "]"), ('{"a":', "}"))
)
COMMAND_IDS = ("", "x", "0192f0c4-0000-7000-8000-000000000001", "{0192F0C4-0000-7000-8000-000000000001}", "urn:uuid:0", "0" * 32,
               "𝟘" * 32, "é", "a" * 4000)  # fmt: skip
CORRELATIONS = (
    "%ff",
    "%00",
    "%1B%5D52%3Bc%3B",
    "%E2%80%AEa",
    "Max Mustermann",
    "a" * 301,
    "%C3%A4",
    "%ED%A0%80",
    "%",
    "",
)
TRACES = ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x" * 9000, "\x7f", "")
RAW_HEADERS = (b"NATS/1.0", b"NATS/1.0 \xff\xff\xff\r\n\r\n", b"N", b"", b"NATS/1.0 503\r\n\r\n", b"NATS/1.0 100 Idle\r\n\r\n",
               b"NATS/1.0\r\na: \xff\xfe\r\n\r\n", b"NATS/1.0\r\nAuthorization Bearer x\r\n\r\n", b"NATS/1.0\r\n" + b"a:b\r\n" * 500 + b"\r\n",
               b"NATS/1.0\r\n:\r\n\r\n", b"\x00" * 40, b"NATS/1.0 404 \xc3\x28\r\n\r\n")  # fmt: skip
TOKENS = ("", "Bearer", "Bearer ", "Bearer a.b.c", "Basic YTpi", "Bearer " + "x" * 8193, "Bearer e30.e30.e30", "Bearer ..",
          "bearer \x7f", "Bearer " + "W1tb" * 1500 + ".e30.e30")  # fmt: skip


LEAVES: tuple[Callable[[Random], Any], ...] = (
    lambda random: Raw(random.choice(NUMBERS)),
    lambda random: Raw(random.choice(OTHER_TYPES)),
    lambda random: Raw(random.choice(JSON_TEXTS)),
    lambda random: Raw(random.choice(DEEP)),
    lambda random: random.choice(TIMES),
    lambda random: random.choice(NAMES),
    lambda random: [random.choice(NAMES[:6])] * random.choice((1, 501, 5000)),
    lambda random: f"a{random.choice(UNSEEN)}b",
)


def leaf(random: Random) -> Any:
    """Something else than a contract asks for."""
    return random.choice(LEAVES)(random)


def spoilt(random: Random, document: dict[str, Any]) -> dict[str, Any]:
    """With one to three values replaced, or a field too many."""
    changed = dict(document)
    for _ in range(random.randint(1, 3)):
        if not changed or random.random() < 0.1:
            changed[random.choice(("stranger", "id", "at_least", "limit", "a\u202eb"))] = leaf(
                random
            )
            continue
        name = random.choice(list(changed))
        old = changed[name]
        if isinstance(old, str) and random.random() < 0.3:
            at = random.randint(0, len(old))
            changed[name] = old[:at] + random.choice(UNSEEN) + old[at:]
        elif isinstance(old, list) and old and random.random() < 0.5:
            changed[name] = [*old[1:], leaf(random)]
        else:
            changed[name] = leaf(random)
    return changed


def mangled(random: Random, body: bytes) -> bytes:
    """The bytes with one to four changes."""
    data = bytearray(body)
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(data))
        match random.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << random.randrange(8)
            case 1:
                data[at:at] = random.randbytes(random.randint(1, 8))
            case 2:
                del data[at : at + random.randint(1, 20)]
            case 3:
                data[at:at] = data[max(0, at - 15) : at] * random.choice((1, 1, 200))
            case 4:
                del data[at:]
            case 5:
                data[:0] = random.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b" " * 2000))
    return bytes(data)


def headers(random: Random) -> dict[str, str]:
    """Beside the token."""
    kinds = {
        "Siko-Command-Id": COMMAND_IDS,
        "Siko-Correlation-Id": CORRELATIONS,
        "Siko-Now": TIMES,
        "Siko-Actor": ("a@b", "@", "x", "%00@%00", "%1B[2J@pp-koeln", "é" * 400),
        "traceparent": TRACES,
        "X-Stranger": ("x" * 30_000,),
    }
    chosen = random.sample(sorted(kinds), random.randint(1, 3))
    return {name: random.choice(kinds[name]) for name in chosen}


NO_TIMES = (
    "1",
    "",
    True,
    None,
    [],
    {},
    -1,
    0,
    1e308,
    10**30,
    10**400,
    0.5,
    4e9,
    float("nan"),
    float("inf"),
)
NO_TEXTS = ("", "\x00", "a\ud800", "\u202ea", "x" * 3000, 7, None, [], {"a": "b"}, True)
CLAIMS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("exp", "iat", "nbf"), NO_TIMES),
    **dict.fromkeys(
        ("sub", "jti", "iss", "aud", "role", "authority_id", "body_id", "function"), NO_TEXTS
    ),
    "nested": ([[[[]]]] * 50,),
}


def claims(random: Random) -> dict[str, Any]:
    """What a provider's key may have signed and we do not accept; `...` stands for a claim that is left out."""
    chosen = random.sample(sorted(CLAIMS), random.randint(1, 2))
    return {name: random.choice((*CLAIMS[name], ...)) for name in chosen}
