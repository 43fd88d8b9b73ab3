"""Contexts: how a behaviour learns that it should stop.

A context is a flag with callbacks, in a tree that a cancellation runs down. Never imports asyncio: it is plain data,
used on the thread of its machine.
"""

from __future__ import annotations

from collections.abc import Callable


class Context:
    """A flag that is set once, together with everything below it.

    Cancelling the context passed to `hsm.start` stops that machine (rule L7). Every behaviour gets a child of it; an
    activity gets one of its own that is done when its state is exited, so ``while not ctx.done:`` ends.

    Args:
        parent: The context above; this one is done as soon as that one is.
    """

    __slots__ = ("__weakref__", "_below", "_callbacks", "_done", "_parent")

    def __init__(self, parent: Context | None = None) -> None:
        self._done = False
        self._parent = parent
        self._below: dict[int, Context] | None = None  # by identity: a subclass may compare and hash as it likes
        self._callbacks: list[Callable[[], object]] | None = None
        if parent is not None:
            if parent._done:
                self._done = True
                return
            if parent._below is None:
                parent._below = {}
            parent._below[id(self)] = self

    @property
    def done(self) -> bool:
        """Whether this context, or one above it, was cancelled."""
        return self._done

    def child(self) -> Context:
        """A new context that is done when this one is, and can be cancelled alone."""
        return Context(self)

    def cancel(self) -> None:
        """Set the flag here and below, then call the registered callbacks; a second call does nothing.

        Raises:
            Exception: The exception of a callback, after all others have run; several become an ``ExceptionGroup``.
        """
        if self._below is None and self._callbacks is None and self._parent is None:  # as most contexts are
            self._done = True
            return
        reached = self._set()  # all flags first: a callback must not find a context below that is not done yet
        failures: list[Exception] = []
        for context in reached:
            callbacks, context._callbacks = context._callbacks, None
            for callback in callbacks or ():
                try:
                    callback()
                except Exception as failure:
                    failures.append(failure)
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise ExceptionGroup("callbacks of a cancelled context", failures)

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Call *callback* once when this context is cancelled; immediately if it is already done."""
        if self._done:
            callback()
        elif self._callbacks is None:
            self._callbacks = [callback]
        else:
            self._callbacks.append(callback)

    def _set(self) -> list[Context]:
        """Set the flag here and below, and return the contexts that were not done yet, each before those below it."""
        # a context that lives long, such as the one of a machine, must not collect all that ever were below it
        if self._parent is not None and self._parent._below is not None:
            self._parent._below.pop(id(self), None)
        reached: list[Context] = []
        waiting: list[Context] = [self]
        while waiting:
            context = waiting.pop()
            if not context._done:
                context._done = True
                reached.append(context)
                below, context._below = context._below, None
                waiting += reversed((below or {}).values())
        return reached

    def __repr__(self) -> str:
        return f"<Context {'done' if self._done else 'active'}>"
