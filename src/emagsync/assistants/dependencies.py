"""What the endpoint gets."""

from typing import Annotated

from fastapi import Depends

from emagsync.assistants.over_http import Assistants
from emagsync.rest.dependencies import Provided

assistants = Provided(Assistants)
AssistantServers = Annotated[Assistants, Depends(assistants)]
