"""Python that wanders into what a page hardly ever needs; prints what has to be the same everywhere."""

import json
import re
import sys
import unicodedata


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value * 31 + byte) % 4294967291
    return value


EVERY_CHARACTER = "".join(chr(code) for code in range(0x20, 0x10000) if not 0xD800 <= code < 0xE000)

print("integers", 3**500 % 10**40, divmod(-(7**100), 11**30), int("f" * 50, 16), (1 << 300).bit_length())
print("floats", 1e308 * 10, 0.1 + 0.2, repr(2**0.5), f"{1 / 3:.40f}", float.fromhex("0x1.8p-5"), round(2.675, 2))
print("formats", f"{1234567.891:>+20,.2f}|{255:#x}|{'é':*^9}|{-5:08b}|{1e-7:g}|{12.5:e}")
print("complex", complex(1, 2) ** 3, abs(3 + 4j))
print("texts", "%5.1f|%-6s|%+d" % (3.14159, "ab", 7), ["a,b,", "c"], "ß".upper())  # noqa: UP031 (to run it)
print("bytes", bytes(range(256)).hex()[::16], b"%d-%s" % (7, b"x"), bytearray(b"abc").translate(bytes(range(256))))
print("sorted", sorted([(i * 7919) % 1009 for i in range(1000)])[::100], sorted("hello", key=lambda c: -ord(c)))
print("sets", sorted({1, 2, 3} ^ {3, 4}), frozenset("ab") <= {"a", "b", "c"})
print("slices", list(range(50))[::-7], memoryview(b"abcdef")[1:5:2].tolist())
for codec in ("utf-16", "utf-32", "latin-1", "ascii"):  # those that need no file
    print(codec, crc(EVERY_CHARACTER.encode(codec, "ignore")))
print(
    "patterns",
    re.findall(r"(?i)(?<=\b)([a-zß]+?)(\d{2,3})\b", "STRASSE12 Straße34 abc345 x6"),
    re.sub(r"(?P<a>.)(?P=a)", r"<\g<a>>", "aabbcd"),
)
print("patterns of text", re.split(r"[^\w]+", "naïve, 東京; Ωmega"), bool(re.fullmatch(r"(a+)+b", "a" * 15 + "b")))
SHAPES = '[[],{},"\\ud83d\\ude00\\u0000",-0.0,1e-7,1E400,12345678901234567890123,true,null,{"a":{"a":[{"":[[[1]]]}]}}]'
print("json", json.dumps(json.loads(SHAPES), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode().hex())
for broken in ("[1 2]", '"\\x"', "nul", '{"a"', "\ufeff1", ""):
    try:
        json.loads(broken)
    except ValueError as error:
        print("no json", type(error).__name__, error.pos)
# Characters of the oldest tables, whose entries do not change between versions.
old = unicodedata.ucd_3_2_0
for plane in range(17):
    codes = range(0x10000 * plane, 0x10000 * (plane + 1))
    told = [f"{old.category(c)}{old.bidirectional(c)}{old.decimal(c, '')}{old.mirrored(c)}" for c in map(chr, codes)]
    print("plane", plane, crc("".join(told).encode()), crc("".join(map(old.decomposition, map(chr, codes))).encode()))
print("normal", [old.normalize(form, "Å ﬁ ½ ệ 한").encode().hex() for form in ("NFC", "NFD", "NFKC", "NFKD")])
print("compiled", eval(compile("[x ** 2 for x in range(5) if x % 2]", "<test>", "eval")))
try:
    {}["missing"]
except KeyError as error:
    print("error", repr(error), error.__traceback__ is not None)


def fail(depth):
    return fail(depth - 1) if depth else {}["missing"]


try:
    fail(3)
except KeyError as error:
    step, names = error.__traceback__, []
    while step is not None:
        names.append(f"{step.tb_frame.f_code.co_name}:{step.tb_lineno}")
        step = step.tb_next
    print("came from", names)
try:
    try:
        int("x" * 5)
    except ValueError as error:
        raise RuntimeError("outer") from error
except RuntimeError as error:
    print("caused by", repr(error.__cause__), error.__suppress_context__)
try:
    (lambda f: f(f))(lambda f: f(f))
except RecursionError as error:
    print("deep", str(error)[:32])


def deep_through(function):
    """Call what calls back what calls it: of each level C has a frame, too, and the browser's stack holds all."""

    def call(*_):
        return function(call)

    return call


WAYS_DOWN = {
    "max": lambda call: max([1], key=call),
    "sorted": lambda call: sorted([2, 1], key=call),
    "re.sub": lambda call: re.sub("a", call, "a"),
    "map": lambda call: list(map(call, [1])),
}
# Less deep than by itself, where the stack of a worker of Chromium's ends.
sys.setrecursionlimit(200)
for name, way in WAYS_DOWN.items():
    try:
        deep_through(way)()
    except RecursionError as error:
        print("deep through", name, str(error)[:32])
sys.setrecursionlimit(1000)
print(
    "nested", len(repr(json.loads("[" * 500 + "]" * 500))), json.dumps(json.loads('{"a":' * 500 + "1" + "}" * 500))[:12]
)
try:
    [0] * sys.maxsize
except MemoryError as error:
    print("memory", repr(error))
try:
    bytearray(sys.maxsize - 1000)
except MemoryError as error:
    print("memory at once", repr(error))
kept = []
for size in (4_000_000, 200):
    count = 0
    try:
        while True:
            kept.append(bytearray(size))
            count += 1
    except MemoryError:
        kept.clear()  # else there is none left to say so
        print("no memory left, in pieces of", size, count > 9)
print("memory again", len(bytearray(4_000_000)), sum(range(1000)), json.loads("[1]"))


def gather(n):
    total = 0
    for i in range(n):
        total += yield total
        total += i


generator = gather(10)
next(generator)
print("generator", [generator.send(i) for i in range(9)], generator.close())
print("classes", type("C", (int,), {"__repr__": lambda self: "C!"})(5), isinstance(True, int), type(type).__name__)
EASTERN = {
    "_codecs_cn": ("gb2312", "gbk", "hz"),
    "_codecs_tw": ("big5", "cp950"),
    "_codecs_hk": ("big5hkscs",),
    "_codecs_kr": ("euc_kr", "cp949", "johab"),
    "_codecs_jp": ("shift_jis", "cp932", "euc_jp", "euc_jis_2004", "shift_jisx0213"),
    "_codecs_iso2022": ("iso2022_jp_2", "iso2022_kr"),
}
for module, names in EASTERN.items():
    for name in names:
        codec = __import__(module).getcodec(name)
        encoded = codec.encode(EVERY_CHARACTER, "ignore")[0]
        print(
            name, len(encoded), crc(encoded), codec.decode(encoded, "ignore")[0] == codec.decode(encoded, "replace")[0]
        )

import __hello__  # noqa: E402 (a frozen module, whose byte-code lies in the second file)

__hello__.main()
