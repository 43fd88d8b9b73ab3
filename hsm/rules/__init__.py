"""The rules: what one event does to one configuration, written once, as generators of operations."""
