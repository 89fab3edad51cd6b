"""Pictures of docs/counting.md, drawn from the test vectors by running the code that counts.

``python -m docs.pictures`` writes them into docs/images; a test fails where one is not what it writes now.
"""
