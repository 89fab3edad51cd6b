"""The license tracking server (LTS): counts devices and scans, enforces quotas, issues tokens (spec §5 to §7).

Layers: ``app`` (HTTP) → ``service`` (rules) → ``seats``, ``usage``, ``booking``, ``quota`` (rules in parts; the last
two pure) → ``store`` (SQL). To run a server inside another program, say a demo::

    from dlt_web.lts.app import create_app
    from dlt_web.lts.admin import Administration, LicenseSettings
    from dlt_web.lts.clock import SystemClock            # or StandingClock() for tests
    from dlt_web.lts.reads import Reads
    from dlt_web.lts.records import Handshake
    from dlt_web.lts.server import uvicorn_config
    from dlt_web.lts.service import Service
    from dlt_web.lts.store import open_store

    store, clock = open_store("sqlite:///demo.db"), SystemClock()
    admin = Administration(store, clock)                 # blocking; any thread
    item = admin.add_license(LicenseSettings("per_device", quota=100, id="demo-devices"))
    admin.add_handshake(Handshake("200001-demo", license_ids=(item.id,)))
    reads = Reads(store)                                 # blocking; any thread
    reads.usage("200001-demo").scans; reads.devices("200001-demo"); reads.items_of("200001-demo"); reads.licenses()
    uvicorn.Server(uvicorn_config(create_app(Service(store, clock)))).run()   # sweeps in the background
    store.close()

``add_license`` and ``add_handshake`` raise ``AdminError`` with code ``ALREADY_EXISTS`` for what a store already has.
``dlt_web.lts.views`` turns what ``Reads`` gives into the JSON of the command line.
"""
