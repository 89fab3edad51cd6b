"""Proves counting in real browsers: a real LTS, a recording proxy, real sites, barcode media and browsers.

Needs the extra ``testing``. The fixtures of pytest are in ``plugin``, described in ``docs/qa.md``; programs import what
they need from the modules of this package::

    plugin           the pytest plugin, and fixture_types, what its fixtures are
    lts_process      a license tracking server as a process, on a database file of its own
    booked           what that server has booked: usage, devices
    recording_proxy  records every byte that leaves the browser, and breaks the network on order (faults)
    offline          takes the network away from pages
    canaries         finds a text in that record, encoded or hashed
    static_site      serves folders or an app at several domains, over HTTPS too (site_server, site_certificates,
                     reverse_proxy)
    harness_page     drives the test page: trackers and a real barcode reader in a real tab
    barcode_media    pictures and videos of barcodes whose content is known exactly
    camera           shows a video as a browser's camera
    browser_page     what is asked of a browser, whatever the engine
    windows          opens windows of any engine by name, closes and kills them (processes)
    profiles         a profile that is relaunched, killed, copied and deleted
    webkit           WebKitGTK over WebDriver, as such a browser
    browser_launch   how Playwright's engines are started: proxy, kept profile, camera
    device_read      which device a page is
    site_data        a look at what a site stored, and the ways to purge it (purging)
    deadline         waits for conditions
"""
