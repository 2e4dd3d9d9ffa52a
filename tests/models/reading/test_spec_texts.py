"""The texts of specs: what replicas share is recognised, and what is a pod's own is lifted out."""

from __future__ import annotations

import pytest

from placewright.models.reading.spec_texts import Template, parts_of, spec_of

SPEC = b'{"volumes":[{"name":"kube-api-access-ab1Cd"}],"nodeName":"n1","containers":[]}'


def template(spec: bytes = SPEC) -> Template:
    return Template(tuple(parts_of(spec)[0]), b"read")


def test_a_text_is_taken_apart_at_its_node_and_at_tokens() -> None:
    parts, node = parts_of(SPEC)
    assert parts == [
        b'{"volumes":[{"name":"kube-api-access-',
        b'"}],"nodeName":"',
        b'","containers":[]}',
    ]
    assert node == b"n1"


def test_a_text_without_a_node_or_a_token_is_one_part() -> None:
    assert parts_of(b'{"containers":[]}') == ([b'{"containers":[]}'], None)


@pytest.mark.parametrize(
    ("change", "node"),
    [
        ((b"", b""), b"n1"),
        ((b'"n1"', b'"another-node"'), b"another-node"),
        ((b"ab1Cd", b"xxxxx"), b"n1"),
        ((b"ab1Cd", b"ab-Cd"), None),
        ((b"ab1Cd", b"ab1C"), None),
        ((b'"n1"', b'"' + b"x" * 400 + b'"'), None),
        ((b"[]", b"[{}]"), None),
        ((b"volumes", b"Volumes"), None),
    ],
    ids=str,
)
def test_replicas_match_where_only_what_is_their_own_differs(
    change: tuple[bytes, bytes], node: bytes | None
) -> None:
    other = SPEC.replace(*change)
    found = template().match(b'{"spec":' + other + b"}", len(b'{"spec":'))
    assert found == (None if node is None else (len(b'{"spec":') + len(other), node))


def test_a_match_ends_where_the_spec_does_whatever_follows() -> None:
    text = SPEC + b',"status":{}}'
    assert template().match(text, 0) == (len(SPEC), b"n1")
    assert template().match(text, 1) is None
    assert template().match(SPEC[:-1], 0) is None


def test_a_spec_is_found_with_a_word_for_what_made_it() -> None:
    made = b'{"metadata":{"generateName":"web-7f-","name":"x"},"spec": \n\t{"containers":[]}}'
    assert spec_of(made, 0) == (made.index(b'{"containers'), b'"generateName":"web-7f-"')
    bare = b'{"metadata":{"name":"x"},"spec":{}}'
    assert spec_of(bare, 0) == (len(bare) - 3, b"")


def test_no_spec_is_found_where_there_is_none_or_only_behind() -> None:
    assert spec_of(b'{"metadata":{}}', 0) == (-1, b"")
    two = b'{"spec":{}} {"kind":"Pod"}'
    assert spec_of(two, two.index(b'{"kind"')) == (-1, b"")
    assert spec_of(b'{"metadata":"' + b"x" * 2**16 + b'","spec":{}}', 0) == (-1, b"")
