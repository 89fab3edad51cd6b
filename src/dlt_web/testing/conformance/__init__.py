"""Does an app count as it should? The same checks as ``dlt-web verify`` and as tests, on any app with the tracker.

::

    dlt-web verify https://shop.example --handshake-code 200001-shop --own-lts
    pytest --pyargs dlt_web.testing.conformance --app-url https://shop.example --handshake-code 200001-shop --own-lts

The app is driven as it is, in real browsers, through the tracker's public interface; everything that its pages send
passes a recording proxy.

    settings    what to verify, and how
    errors      why a check failed, cannot be made, or why nothing can be verified
    driver      ``page/driver.js``, in each page before its own scripts; app_page speaks to it
    lts_detour  leads the tracker's requests to a server of the suite
    counting    what a license tracking server counted: the suite's own, or the app's
    checks      the checks, by what they are about; ``checks.CHECKS`` names them all
    engine_run  one browser in which checks are made
    seen        what a report shows of a request
    suite       makes checks in browser after browser, and keeps what came of each
    preflight   finds out beforehand what would make all of it vain
    versions    which browser it was
    outcome     what came of it
    report      the same as a table, JUnit XML, one HTML file, and the table in the docs
"""
