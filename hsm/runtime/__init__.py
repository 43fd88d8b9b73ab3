"""The run time: a Program over time. `machine` is its face, `turns` the order, `kernel` the meaning, `loop` asyncio."""
