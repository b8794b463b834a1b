"""Reading much, as of one moment."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction


@contextlib.contextmanager
def one_state() -> Iterator[None]:
    """Whatever is read inside stands as of the first read, however long it takes. Inside a transaction it is that one.

    Only for reading. Neither database keeps writers out meanwhile, and what they write is not seen.
    """
    if connection.in_atomic_block:
        yield
        return
    with contextlib.ExitStack() as stack:
        with _begun_by_readers():
            stack.enter_context(transaction.atomic())
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextlib.contextmanager
def _begun_by_readers() -> Iterator[None]:
    """SQLite begins here without the lock of a writer, which the settings ask for everywhere else."""
    if connection.vendor != "sqlite":
        yield
        return
    wrapper: Any = connection
    wrapper.ensure_connection()
    usual, wrapper.transaction_mode = wrapper.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        wrapper.transaction_mode = usual
