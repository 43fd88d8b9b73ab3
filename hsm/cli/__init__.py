"""The command `hsm`: what the library knows about a model, for a terminal, an editor and a pipeline.

In: arguments. Out: text, and an exit code: 0; 1 for findings; 2 for a mistake in the arguments or in what they name.
A module is loaded when a command needs it, so that the command starts in the time that Python takes, and little more.

| module | does |
|---|---|
| `main` | arguments → one of the commands |
| `targets` | ``module:name``, ``path.py:name``, a package → models, with everything that is wrong with them |
| `check`, `formats` | the command `check`, and the forms of its report |
| `draw`, `show`, `explain`, `configuration` | the commands that print what a model is and does |
| `simulate`, `session`, `inputs`, `instances`, `armed`, `saving` | the command `simulate`: a machine in virtual time |
| `problems`, `colours`, `output`, `completion` | what is said to the user, and how it looks |
"""
