"""Write the schema files: `python -m siko_contracts.schemas`."""

from siko_contracts.schemas import write

write()
