/* Scans a meter with WeChat's own scanner. What a code says is followed to pages of ours only. */
(() => {
  const part = document.getElementById("wechat-scan");
  if (!part || !window.wx) return;
  const wrong = part.querySelector("[role=alert]");
  const page = location.href.split("#")[0];

  const placeOf = (text) => {
    const words = text.includes(",") ? text.slice(text.indexOf(",") + 1) : text; // "CODE_128,1234"
    if (/^[0-9]{10,20}$/.test(words)) return `/?number=${words}`;
    try {
      const url = new URL(words);
      const ours = url.origin === location.origin || url.origin === new URL(part.dataset.origin).origin;
      return ours && /^\/m\/[0-9]+$/.test(url.pathname) ? url.pathname : "";
    } catch {
      return "";
    }
  };

  const scan = () => wx.scanQRCode({
    needResult: 1,
    scanType: ["qrCode", "barCode"],
    success: (found) => {
      const place = placeOf(String(found.resultStr));
      wrong.hidden = Boolean(place);
      wrong.textContent = place ? "" : part.dataset.elsewhere;
      if (place) location.assign(place);
    },
  });

  fetch(`/wechat/sdk?url=${encodeURIComponent(page)}`)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error("no signature"))))
    .then((signed) => {
      wx.config({ ...signed, jsApiList: ["scanQRCode"] });
      wx.ready(() => {
        part.hidden = false;
        part.querySelector("button").addEventListener("click", scan);
      });
    })
    .catch(() => {});
})();
