// Added to the app's own module, so that a test can call what the reader would.
globalThis.tracker = tracker;
globalThis.onDecoded = onDecoded;
