"""Proves counting in real browsers: a real LTS, a recording proxy, real sites, barcode media and browsers.

Needs the extra ``testing``. Import what you need from the modules of this package::

    lts_process      a license tracking server as a process, on a database file of its own
    booked           what that server has booked: usage, devices
    recording_proxy  records every byte that leaves the browser, and breaks the network on order (faults)
    canaries         finds a text in that record, encoded or hashed
    static_site      serves pages at two domains and two ports
    harness_page     drives the test page: trackers and a real barcode reader in a real tab
    barcode_media    pictures and videos of barcodes whose content is known exactly
    browser_page     what is asked of a browser, whatever the engine
    windows          opens windows of any engine by name, and closes them
    webkit           WebKitGTK over WebDriver, as such a browser
    browser_launch   Chromium and Firefox with proxy, kept profile, camera
    site_data        the ways to purge a site's data, and a look at what it stored
    deadline         waits for conditions
"""
