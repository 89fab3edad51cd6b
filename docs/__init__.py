"""The pages, and in ``generators`` what makes a site of them, importable as ``docs.…`` from the checkout."""
