// Hands the payment to the WeChat that this page runs in, then shows its story. Without WeChat the words beside stay.
(() => {
  const button = document.getElementById('wechat-pay');
  if (!button) return;
  const pay = () => {
    WeixinJSBridge.invoke('getBrandWCPayRequest', JSON.parse(button.dataset.call), (answer) => {
      // Only the server knows whether it was paid: "ok" here is what the phone believes.
      if (answer.err_msg === 'get_brand_wcpay_request:ok') location.assign(button.dataset.after);
    });
  };
  const ready = () => {
    document.getElementById('wechat-missing').hidden = true;
    button.hidden = false;
    button.addEventListener('click', pay);
    pay();
  };
  if (window.WeixinJSBridge) ready();
  else document.addEventListener('WeixinJSBridgeReady', ready, { once: true });
})();
