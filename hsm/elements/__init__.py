"""The tree: what a machine is declared as. `nodes` are its values, `grammar` says which part belongs where.

`mistakes` are what a model cannot use.
"""
