"""The run time: `machine` is its face, `lifecycle` its beginning and end, `kernel` its meaning, `host` its asyncio."""
