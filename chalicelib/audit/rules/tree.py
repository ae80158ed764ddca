"""Merkle trees as RFC 6962 (2.1) and RFC 9162 (2.1.3) have them, over SHA-256.

A leaf is hashed behind the byte 0, a node behind the byte 1: no node can pass for a leaf, and no list of leaves for
another. A list of n leaves splits at the largest power of two below n.
"""

import hashlib
from collections.abc import Sequence

_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(_LEAF + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf and keeps as many hashes as its size has bits: the list may be of any length."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes] = []  # roots of full subtrees, one for each 1 of the size in binary, the largest first

    def add(self, leaf: bytes) -> None:
        """Add a leaf's hash at the end."""
        self._whole.append(leaf)
        size = self.size
        while size & 1:
            right = self._whole.pop()
            self._whole.append(_node(self._whole.pop(), right))
            size >>= 1
        self.size += 1

    def root(self) -> bytes:
        """Return the hash of the whole; that of nothing is the hash of no bytes."""
        if not self._whole:
            return hashlib.sha256().digest()
        *rest, root = self._whole
        for left in reversed(rest):
            root = _node(left, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of a list of leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return what lies beside the way from a leaf to the root, from the leaf on: with the leaf, its index and the
    number of leaves it gives the root.

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return ()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return (*path(leaves[:split], index), root_of(leaves[split:]))
    return (*path(leaves[split:], index - split), root_of(leaves[:split]))


def root_by(leaf: bytes, index: int, size: int, beside: Sequence[bytes]) -> bytes | None:
    """Return the root that a leaf, its index among `size` and a path lead to; None where they do not fit each other."""
    if not 0 <= index < size:
        return None
    here, last, root = index, size - 1, leaf
    for sibling in beside:
        if last == 0:
            return None
        if here & 1 or here == last:
            root = _node(sibling, root)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            root = _node(root, sibling)
        here, last = here >> 1, last >> 1
    return root if last == 0 else None
