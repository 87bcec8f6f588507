"""What the public is told of an event, in whichever shape: REST, stream and callbacks agree.

Imports `core` alone; an event comes with what it was about, as it was.
"""
