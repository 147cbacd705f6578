"""The admin port: what a test or the demo does to the sandbox, never on Google's port."""
