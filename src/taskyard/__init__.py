"""Taskyard, a self-hosted task router that speaks the TaskRouter API."""

__version__ = "0.1.0"
