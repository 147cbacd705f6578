"""The rooms of the sandbox: one folder of handlers for each of Google's APIs."""
