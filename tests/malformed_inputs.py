"""What users get wrong: more than a hundred inputs, and what each is told. Data for test_malformed.

`told` is what the one-line message must hold beside the file's name. Inputs too large to write down are
made when they are needed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass

TEN_MEGABYTES = 10 * 2**20
Content = str | bytes | Callable[[], bytes]


@dataclass(frozen=True)
class Malformed:
    """`name` is a sentence, `content` what is in `file`."""

    name: str
    content: Content
    told: str
    file: str = "c.yaml"

    def data(self) -> bytes:
        content = self.content() if callable(self.content) else self.content
        return content.encode() if isinstance(content, str) else content


def _json(name: str, content: Content, told: str) -> Malformed:
    return Malformed(name, content, told, "c.json")


def _file(file: str, name: str, content: Content, told: str) -> Malformed:
    return Malformed(name, content, told, file)


def _noise() -> bytes:
    """Ten megabytes that look random and are the same each time."""
    return hashlib.shake_256(b"placewright").digest(TEN_MEGABYTES)


def _letters() -> bytes:
    return _noise().hex().encode()[:TEN_MEGABYTES]


def _bomb() -> bytes:
    """Each line stands for ten of the one before: 10^9 values in all."""
    lines = ["kind: Pod", "l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 9)]
    return "\n".join(lines).encode()


def _merge_bomb() -> bytes:
    """The same with merge keys: 40 levels of two copies."""
    lines = ["kind: Pod", "l0: &l0 {a: 1}"]
    lines += [f"l{i}: &l{i} {{x: *l{i - 1}, y: *l{i - 1}}}" for i in range(1, 40)]
    return "\n".join(lines).encode()


def _staircase() -> bytes:
    return "\n".join(f"{' ' * i}a:" for i in range(400)).encode()


def _tar(name: str, content: bytes, claimed: int | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


BYTES = (
    Malformed("an empty file", b"", "holds nothing"),
    Malformed("nothing but blanks", b" \n\n \n", "holds nothing"),
    Malformed("nothing but a comment", b"# soon\n", "holds nothing"),
    Malformed("nothing but document marks", b"---\n---\n", "holds nothing"),
    _json("an empty JSON file", b"", "holds nothing"),
    _json("JSON null", b"null", "holds nothing"),
    _json("an empty array", b"[]", "holds no objects"),
    _json("an empty List", b'{"kind": "List", "items": []}', "holds no objects"),
    Malformed("a NUL byte in YAML", b"kind: Pod\nx: \0", "line 2: binary data (a NUL byte)"),
    _json("an executable", b"\x7fELF\x02\x01\x01\0\0\0", "binary data"),
    Malformed("ten megabytes of noise", _noise, "binary data"),
    Malformed("ten megabytes of letters", _letters, "expected an object (a mapping)"),
    _json("ten megabytes of letters called JSON", _letters, "expected an object"),
    _json("ten megabytes of brackets", lambda: b"[" * TEN_MEGABYTES, "nested more than"),
    Malformed("ten megabytes of braces", lambda: b"{" * TEN_MEGABYTES, "line 1, column 2"),
    Malformed("ten megabytes of quotes", lambda: b'"' * TEN_MEGABYTES, "not valid YAML"),
    Malformed("ten megabytes of dashes", lambda: b"- " * (TEN_MEGABYTES // 2), "nested more than"),
    _file(
        "c.json.gz", "ten megabytes of NULs, zipped", lambda: gzip.compress(b"\0" * TEN_MEGABYTES), "binary"
    ),
    Malformed("text that is not UTF-8", b"kind: Pod\nx: \xff\xfe", "line 2: not valid UTF-8 (byte 0xff)"),
    _json("Latin-1 in JSON", '{"kind": "é"}'.encode("latin-1"), "not valid UTF-8 (byte 0xe9)"),
    Malformed("UTF-16 cut in half", "kind: Pod".encode("utf-16")[:-1], "not valid UTF-16"),
    Malformed("a control character in YAML", b"kind: Pod\nx: \x07", "not valid YAML"),
    _file("c.json.gz", "gzip that ends too early", lambda: gzip.compress(_letters())[:-9000], "truncated"),
    _file("c.json.gz", "gzip that is only its first bytes", b"\x1f\x8b\x08", "truncated"),
    _file(
        "c.json.gz", "gzip with a broken middle", gzip.compress(b"{}" * 99)[:14] + b"!" * 40, "broken gzip"
    ),
    _file("c.json.gz", "gzip with a wrong checksum", gzip.compress(b"{}")[:-8] + b"12345678", "broken gzip"),
    _file("c.gz", "a gzip bomb's worth of garbage", lambda: gzip.compress(_letters()), "expected an object"),
    _file("c.zip", "a zip archive", b"PK\x03\x04rest", "is a zip archive; unpack it first"),
    _file("c.bz2", "bzip2", b"BZh91AY", "is compressed with bzip2"),
    _file("c.xz", "xz", b"\xfd7zXZ\0\0", "is compressed with xz"),
    _file("c.tar", "a tar archive that ends too early", lambda: _tar("p.json", b"{}" * 3000)[:2000], "tar"),
    _file("c.tar", "a tar archive without objects", lambda: _tar("log.txt", b"hello"), "holds no objects"),
    _file(
        "c.tar", "a broken file in a tar archive", lambda: _tar("p.json", b'{"a": '), "c.tar:p.json: line 1"
    ),
    _file(
        "c.tar",
        "a tar archive in a tar archive",
        lambda: _tar("p.json", _tar("q.json", b"{}")),
        "archive inside",
    ),
)

JSON = (
    _json("a missing brace", '{"kind": "Pod"', "line 1, column 15: not valid JSON"),
    _json("a missing comma", '{\n"a": 1\n"b": 2}', "line 3, column 1: not valid JSON"),
    _json("a comma too many", '{"kind": "Pod",}', "not valid JSON"),
    _json("single quotes", "{'kind': 'Pod'}", "not valid JSON"),
    _json("NaN", '{"kind": "Pod", "x": NaN}', "NaN is not a number"),
    _json("infinity", '{"kind": "Pod", "x": -Infinity}', "-Infinity is not a number"),
    _json("a number too large for a double", '{"kind": "Pod", "x": 1e999}', "1e999 is too large"),
    _json("an integer of 5,000 digits", '{"x": ' + "9" * 5000 + "}", "too large"),
    _json("a lone surrogate", r'{"kind": "Pod", "x": "\ud800"}', "surrogate"),
    _json(
        "JSON 300 levels deep",
        '{"x": ' + "[" * 300 + "]" * 300 + "}",
        "nested more",
    ),
    _json("JSON 5,000 levels deep", "[" * 5000 + "]" * 5000, "nested more than"),
    _json("a string", '"Pod"', 'expected an object (a mapping), found "Pod"'),
    _json("a number", "42", "expected an object (a mapping), found 42"),
    _json("an array of numbers", "[1, 2]", "[0]: expected an object (a mapping), found 1"),
    _json("text after the JSON", '{"kind": "Pod"} and more', "line 1, column 17"),
    _json("HTML, as a proxy returns it", "<html><body>Sign in</body></html>", "expected an object"),
    Malformed(
        "an error of kubectl in place of output",
        "Error from server: forbidden: x: y",
        "not valid YAML",
    ),
)

YAML = (
    Malformed("a tab for indentation", "kind: Pod\n\tmetadata: x", "line 2, column 1: not valid YAML"),
    Malformed("wrong indentation", "kind: Pod\n  name: x", "line 2"),
    Malformed("a quote that is not closed", 'kind: "Pod', "not valid YAML"),
    Malformed("a key twice", "kind: Pod\nkind: Node", 'line 2, column 1: the key "kind" is given twice'),
    Malformed("a key twice, deep inside", "kind: Pod\nspec:\n  a: 1\n  a: 2", "line 4, column 3"),
    Malformed("a number as key", "kind: Pod\n1: x", "a key must be a string, found 1"),
    Malformed("a key that YAML takes for true", "kind: Pod\non: x", "a key must be a string, found true"),
    Malformed("a list as key", "kind: Pod\n? [a]\n: x", "a key must be a string, found a collection"),
    Malformed("an alias without anchor", "kind: Pod\nx: *nodes", "the alias *nodes has no anchor"),
    Malformed("an alias of what contains it", "kind: Pod\nx: &x {y: *x}", "stands for what contains it"),
    Malformed("an alias of the whole document", "&a\nkind: Pod\nx: [*a]", "stands for what contains it"),
    Malformed("aliases that multiply", _bomb, "aliases stand for more than"),
    Malformed("aliases that double", _merge_bomb, "aliases stand for more than"),
    Malformed("a merge of a number", "kind: Pod\nx: {<<: 3}", '"<<" takes a mapping'),
    Malformed("a merge twice", "a: &a {b: 1}\nx: {<<: *a, <<: *a}", '"<<" is given twice'),
    Malformed("a Python object", "kind: !!python/object:os.system {}", "the tag !!python/object:os.system"),
    Malformed("binary text", "kind: Pod\nx: !!binary aGk=", "the tag !!binary is not supported"),
    Malformed("a set", "kind: Pod\nx: !!set {a, b}", "the tag !!set is not supported"),
    Malformed("a tag of one's own", "kind: Pod\nx: !ours 1", "the tag !ours is not supported"),
    Malformed("a tag that lies", "kind: Pod\nx: !!int abc", "is not what !!int says"),
    Malformed("not a number", "kind: Pod\nx: .nan", ".nan is not a number that JSON can hold"),
    Malformed("infinite", "kind: Pod\nx: -.inf", "-.inf is not a number that JSON can hold"),
    Malformed("a number too large", "kind: Pod\nx: 1e999", "1e999 is too large"),
    Malformed("an integer of 10,000 digits", f"kind: Pod\nx: {'9' * 10000}", "is too large"),
    Malformed("YAML 300 levels deep", _staircase, "line 201, column 201: nested more than 200"),
    Malformed("YAML brackets 3,000 deep", "a: " + "[" * 3000 + "]" * 3000, "nested more than 200"),
    Malformed("an unknown version of YAML", "%YAML 3.0\n---\nkind: Pod", "not valid YAML"),
    Malformed("a sentence", "Hello, world", 'expected an object (a mapping), found "Hello, world"'),
    Malformed("a template that nobody filled in", "kind: {{ .Values.kind }}", "c.yaml: line 1"),
    Malformed(
        "one bad document of three",
        "nodes: []\n---\nnope\n---\nagents: []",
        "c.yaml[1]: expected an object",
    ),
)

SHAPES = (
    Malformed("no kind", "apiVersion: v1\nmetadata: {name: a}", "the object has no kind"),
    Malformed("an empty mapping", "{}", "an empty mapping"),
    Malformed("a section misspelt", "agent: []", 'found "agent"; did you mean "agents"?'),
    Malformed("something else altogether", "scrape_interval: 15s", "neither a Kubernetes object"),
    Malformed("a kind that is a number", "kind: 5", "kind: expected a string, found 5"),
    Malformed(
        "an apiVersion that is a list",
        "kind: Pod\napiVersion: [v1]",
        "apiVersion: expected a string",
    ),
    Malformed("items that are a mapping", "kind: List\nitems: {a: b}", "List: items: expected a list"),
    Malformed("items that are text", "kind: PodList\nitems: abc", "PodList: items: expected a list"),
    Malformed("an item that is a number", "kind: List\nitems: [1]", "items[0]: expected an object"),
    Malformed("an item that is null", "kind: PodList\nitems: [~]", "items[0]: expected an object"),
    Malformed(
        "an item without kind",
        "kind: List\nitems: [{metadata: {}}]",
        "items[0]: the object has no kind",
    ),
)
