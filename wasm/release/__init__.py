"""The release checklist, carried out up to its last step: ``make release-check VERSION=0.2.0``.

``checks`` looks at the checkout, ``packages`` builds what would be uploaded, ``__main__`` goes through both and ends
with the commands that tag and upload. Those a person runs: nothing here tags, pushes or uploads anything.
"""
