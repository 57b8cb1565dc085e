"""Tasks that are done, and logged, under the name of the request that asked for them."""

from typing import Any

from celery import Task

from ops import requestid

HEADER = "request_id"


class Named(Task):
    """The base of all tasks. What a task asks for in its turn has the same name."""

    def apply_async(self, *args: Any, headers: dict[str, Any] | None = None, **options: Any) -> Any:
        name = requestid.current.get()
        carried = {**(headers or {}), HEADER: name} if name else headers
        return super().apply_async(*args, headers=carried, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = (self.request.headers or {}).get(HEADER) or requestid.current.get()
        with requestid.named(name):
            return super().__call__(*args, **kwargs)
