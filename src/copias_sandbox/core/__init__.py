"""Google's side of the sandbox without a transport: routing, checks, quota, faults, one function to call."""
