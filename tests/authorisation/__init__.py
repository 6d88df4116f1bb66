"""Every route of every service, called as every kind of caller, beside a table of who may.

`TABLE` of each service's module is written by hand, from what the platform promises; the policies
in the code are compared with it by calling. `python -m tests.authorisation` writes
docs/authorisation.md from the policies.
"""
