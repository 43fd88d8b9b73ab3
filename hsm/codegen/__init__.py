"""From a Program to Python functions: what one configuration does with one event, written out."""
