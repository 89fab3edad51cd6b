"""WebKit for tests: WebKitGTK on a profile of its own, driven over WebDriver, with the face of a Playwright context.

    profile_browser   the browser itself, a small program for the system's Python, which has GTK
    screen            the screen that it needs, where nobody looks on
    session           a running browser and its driver, which end in time
    context           a running browser and its tabs; offers what the tests use of Playwright's context and page

Playwright's own WebKit is a build that few machines can fetch; Debian's is what its users have.
"""
