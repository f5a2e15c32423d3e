"""Services of the features, handed to endpoints as typed FastAPI dependencies.

A feature declares what its endpoints need, next to them:

    run_control = Provided(RunControl)
    Control = Annotated[RunControl, Depends(run_control)]

An endpoint takes it as a parameter (`control: Control`), and whoever puts the application together hands it in:
`run_control.provide(app, RunControl(...))`. So endpoints know no more than the types that they use.
"""

from typing import Generic, TypeVar

from fastapi import FastAPI, Request

# FastAPI reads the annotations of `__call__` as they stand, so this module does without postponed ones.

T = TypeVar("T")


class Provided(Generic[T]):
    """A dependency on the one object of type `T` that the application was given."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._attribute = f"{kind.__module__}.{kind.__qualname__}"

    def provide(self, app: FastAPI, service: T) -> None:
        """Give `app` the object that its endpoints get."""
        setattr(app.state, self._attribute, service)

    async def __call__(self, request: Request) -> T:
        """The object. Raises LookupError when the application was put together without it."""
        return self.of(request)

    def of(self, request: Request) -> T:
        """The same for a dependency of several objects that is called often: FastAPI takes its time for each."""
        service = getattr(request.app.state, self._attribute, None)
        if not isinstance(service, self._kind):
            raise LookupError(f"the application has no {self._kind.__name__}")  # noqa: TRY004 - it was never provided
        return service
