"""A contact centre at work: a real server, driven over HTTP by a seeded crowd.

A client like any other: imports nothing of the rest of Taskyard, and asks only for what the public
REST API offers.
"""
