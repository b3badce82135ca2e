/* WeChat's own button of consent (wx-open-subscribe): one press lets one notice come. */
(() => {
  const part = document.getElementById("wechat-subscribe");
  if (!part || !window.wx) return;
  const page = location.href.split("#")[0];

  const tell = () => fetch("/my/wechat-consent", { method: "POST", headers: { "x-csrf-token": part.dataset.csrf } });

  const agreed = (event) => {
    const details = JSON.parse(event.detail.subscribeDetails || "{}");
    const said = JSON.parse(details[part.dataset.template] || "{}");
    if (said.status !== "accept") return;
    tell().then((answer) => { part.querySelector("[role=status]").hidden = !answer.ok; }).catch(() => {});
  };

  const draw = () => {
    const tag = document.createElement("wx-open-subscribe");
    tag.setAttribute("template", part.dataset.template);
    const face = document.createElement("script");
    face.type = "text/wxtag-template";
    const button = document.createElement("button");
    button.textContent = part.dataset.label;
    face.textContent = button.outerHTML;
    tag.append(face);
    tag.addEventListener("success", agreed);
    part.prepend(tag);
    part.hidden = false;
  };

  fetch(`/wechat/sdk?url=${encodeURIComponent(page)}`)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error("no signature"))))
    .then((signed) => {
      wx.config({ ...signed, jsApiList: ["scanQRCode"], openTagList: ["wx-open-subscribe"] });
      wx.ready(draw);
    })
    .catch(() => {});
})();
