/**
 * Shapes that several parts of the demo page share. This module has no code.
 *
 * @typedef {import("../dlt-web.js").Tracker} Tracker
 * @typedef {{ x: number, y: number }} Point in pixels of the frame
 *
 * @typedef {object} Found one barcode of a picture, as a reader told it
 * @property {unknown} result what the reader gave, as it is: the tracker gets this
 * @property {string} format the reader's name for the symbology, for people
 * @property {string} text
 * @property {Point[]} corners of the place where it is
 *
 * @typedef {object} ReaderName
 * @property {string} reader its name, for people
 * @property {string} [key] of the barcode that it is, whichever reader read it; see identities.js
 *
 * @typedef {Found & ReaderName} Read
 *
 * @typedef {object} Verdict what the tracker says about one barcode of a frame
 * @property {boolean} duplicate
 * @property {string} symbology
 * @property {number | null} forgetsAt on the frames' time axis, ms; null where nothing is forgotten
 * @property {boolean} [unlicensed]
 *
 * @typedef {object} Sighting one barcode of a frame, as a reader found it and the tracker judged it
 * @property {Read} barcode
 * @property {Verdict | null} verdict null where the license does not permit counting
 *
 * @typedef {object} Frame
 * @property {ImageData} image
 * @property {number} time capture time, ms on the axis of performance.now()
 * @property {"video" | "image"} source
 * @property {number} turn which choice of a source it belongs to
 *
 * @typedef {object} DemoConfig what GET /demo/config.json says
 * @property {string} licenseServer
 * @property {{ name: string, origin: string }[]} sites
 * @property {{ chargeWay: string, handshakeCode: string }[]} codes
 *
 * @typedef {object} CountedDevice
 * @property {string} deviceUuid
 * @property {string | null} friendlyName
 * @property {string} firstSeen
 * @property {string} lastSeen
 * @property {string} removalTime
 * @property {string} storage
 * @property {boolean} seated
 * @property {boolean} purged its browser said so when its data was purged
 *
 * @typedef {object} Counted what GET /demo/state says
 * @property {string} handshakeCode
 * @property {string} now the license server's clock
 * @property {string} chargeWay
 * @property {number} quota
 * @property {number} used
 * @property {number} devices
 * @property {number} concurrentDevices
 * @property {number} scans
 * @property {CountedDevice[]} deviceList oldest first
 * @property {CountedWay[]} ways what each charge way counts of today
 *
 * @typedef {object} CountedWay as GET /v1/admin/advice has it
 * @property {string} name
 * @property {string} chargeWay
 * @property {number | null} deviceLifetimeDays
 * @property {number} counted scans, or the most devices at once
 * @property {number | null} atEnd how many there are now; null for scans
 *
 * @typedef {object} LicenseView
 * @property {"starting" | "licensed" | "grace" | "offline" | "refused" | "expired"} state
 * @property {string | null} [code]
 * @property {string | null} [message]
 * @property {string | null} [chargeWay]
 * @property {boolean} [overQuota]
 * @property {number | null} [expiresAt] epoch ms
 * @property {number | null} [nextTryAt] epoch ms
 *
 * @typedef {object} TrackerView the tracker as the page shows it
 * @property {string | null} deviceUuid
 * @property {LicenseView} license
 * @property {string | null} storage
 * @property {PendingView} pending
 *
 * @typedef {object} PendingView what is counted and not yet acknowledged
 * @property {number} scans
 * @property {number} reports
 * @property {number | null} nextReportAt epoch ms
 * @property {number} accepted
 * @property {string | null} [code] why the license server takes no reports, where it does not
 * @property {string | null} [message]
 */

export {};
