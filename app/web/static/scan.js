// Reads a QR code or Code128 from the camera or from a picture, and sends its text to us in a form. It follows nothing.
(() => {
  const stage = document.getElementById("scan");
  const form = document.getElementById("scan-form");
  const video = stage.querySelector("video");
  const hint = document.getElementById("scan-hint");
  const picture = document.getElementById("scan-picture");
  const FORMATS = ["qr_code", "code_128"];
  const EVERY_MS = 150;
  let stream = null;
  let sent = false;

  const say = (name) => { hint.textContent = hint.dataset[name]; };

  const load = (address) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });

  const native = async () => {
    if (!("BarcodeDetector" in window)) return null;
    const known = await window.BarcodeDetector.getSupportedFormats();
    return FORMATS.every((name) => known.includes(name)) ? new window.BarcodeDetector({ formats: FORMATS }) : null;
  };

  const carried = async () => {
    await load(stage.dataset.reader);
    const { BarcodeDetector, prepareZXingModule } = window.BarcodeDetectionAPI;
    prepareZXingModule({ overrides: { locateFile: () => stage.dataset.wasm } });
    return new BarcodeDetector({ formats: FORMATS });
  };

  const stop = () => { if (stream) stream.getTracks().forEach((track) => track.stop()); };

  const send = (text) => {
    if (sent) return;
    sent = true;
    stop();
    form.elements.code.value = text;
    form.submit();
  };

  const look = async (reader, image) => {
    const found = await reader.detect(image);
    if (found.length) send(found[0].rawValue);
    return found.length > 0;
  };

  const watch = async (reader) => {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return say("none");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    } catch (refused) {
      return say("none");
    }
    video.srcObject = stream;
    await video.play();
    stage.dataset.live = "yes";
    say("look");
    const next = async () => {
      if (sent) return;
      try { await look(reader, video); } catch (not_ready) { /* the next picture is better */ }
      setTimeout(next, EVERY_MS);
    };
    next();
  };

  const begin = async () => {
    let reader;
    try { reader = (await native()) || (await carried()); } catch (broken) { return say("none"); }
    picture.addEventListener("change", async () => {
      if (!picture.files.length) return;
      try {
        if (!(await look(reader, await createImageBitmap(picture.files[0])))) say("nothing");
      } catch (unreadable) { say("nothing"); }
      picture.value = "";
    });
    stage.dataset.ready = "yes";
    await watch(reader);
  };

  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
  begin();
})();
