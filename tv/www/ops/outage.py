"""What Django raises where the database is away, and not where a query is wrong."""

from django.db import InterfaceError, InternalError, OperationalError

AWAY = (OperationalError, InterfaceError, InternalError)
"""The second after a connection that was lost earlier in the same request; it is no
`DatabaseError`. The third where it broke in the middle of an answer. What is wrong with a query,
such as a table that no migration made, is none of them: a deployment's gate shall see it."""
