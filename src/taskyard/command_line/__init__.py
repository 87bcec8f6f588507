"""The commands of `taskyard` that have a subject of their own, and what all of them share.

May import every part but `demo`. What a command needs of them is imported when it runs.
"""
