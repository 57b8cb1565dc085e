"""Objects with conditional writes, and the records that are kept in them."""

from airchain.store.base import Object, Store
from airchain.store.directory import DirectoryStore

__all__ = ["DirectoryStore", "Object", "Store"]
