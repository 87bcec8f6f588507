"""Callbacks: what an application's own server is told, and what it answers.

A receiver may be slow, dead or hostile. It delays nobody but itself.
"""
