"""Python that wanders into what a page hardly ever needs; prints what has to be the same everywhere."""

import sys


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
print("compiled", eval(compile("[x ** 2 for x in range(5) if x % 2]", "<test>", "eval")))
try:
    {}["missing"]
except KeyError as error:
    print("error", repr(error), error.__traceback__ is not None)
try:
    (lambda f: f(f))(lambda f: f(f))
except RecursionError as error:
    print("deep", str(error)[:32])
try:
    [0] * sys.maxsize
except MemoryError as error:
    print("memory", repr(error))


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
