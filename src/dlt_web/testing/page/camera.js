/**
 * Replaces a page's camera by stills, which it shows over and over, each for its time.
 *
 * Pictures are decoded with createImageBitmap, which no content security policy forbids.
 *
 * @param {{ stills: { jpeg: string, ms: number }[], width: number, height: number, framesPerSecond: number }} given
 */
({ stills, width, height, framesPerSecond }) => {
  const devices = navigator.mediaDevices;
  // Outside secure contexts there is no camera in any browser.
  if (!devices) return;
  const platformGet = devices.getUserMedia?.bind(devices);
  const platformList = devices.enumerateDevices?.bind(devices);
  const camera = { kind: "videoinput", deviceId: "dlt-web-camera", groupId: "dlt-web", label: "dlt-web test camera" };
  const bitmaps = () =>
    Promise.all(
      stills.map(({ jpeg }) => {
        const bytes = Uint8Array.from(atob(jpeg), (char) => char.charCodeAt(0));
        return createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      }),
    );

  const open = async () => {
    const pictures = await bitmaps();
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { alpha: false });
    const total = stills.reduce((sum, { ms }) => sum + ms, 0);
    const start = performance.now();
    const draw = () => {
      let left = (performance.now() - start) % total;
      const shown = stills.findIndex(({ ms }) => {
        left -= ms;
        return left < 0;
      });
      // Drawn anew also when it is the same: a stream has a frame for each time that its canvas was drawn on.
      context.drawImage(pictures[Math.max(shown, 0)], 0, 0, width, height);
    };
    draw();
    const timer = setInterval(draw, 1000 / framesPerSecond);
    const stream = canvas.captureStream(framesPerSecond);
    const [track] = stream.getVideoTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    return stream;
  };

  devices.getUserMedia = async (constraints) => {
    if (!constraints?.video) return platformGet(constraints);
    const stream = await open();
    if (constraints.audio) {
      for (const track of (await platformGet({ audio: constraints.audio })).getAudioTracks()) stream.addTrack(track);
    }
    return stream;
  };
  devices.enumerateDevices = async () => [
    ...(await platformList()).filter(({ kind }) => kind !== "videoinput"),
    { ...camera, toJSON: () => camera },
  ];
};
