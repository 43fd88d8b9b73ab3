"""What a machine is saved as: snapshots, their names, and how data is written and read. Knows no machines."""
