"""What is ours alone, beside the published API: everything under `/taskyard/v1`.

It takes the account's credentials or an API key, as REST does, and refuses in the same form.
"""
