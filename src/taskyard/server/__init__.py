"""What is served: REST, and later the event bridge, webhooks and the console.

May import `core` and `engine`; `app.py` alone opens a store. `config.py` and `auth.py` know who is
served and how, `api/` speaks HTTP.
"""
