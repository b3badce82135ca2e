// Lets the seconds of a deadline run down between two answers of the server, and asks for the next one when they are over.
(() => {
  const show = (left) => `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  const tick = () => {
    for (const clock of document.querySelectorAll('[data-left-s]')) {
      clock.ends ??= performance.now() + Number(clock.dataset.leftS) * 1000;
      const left = Math.max(Math.ceil((clock.ends - performance.now()) / 1000), 0);
      if (clock.textContent !== show(left)) clock.textContent = show(left);
      if (left === 0 && !clock.over) {
        clock.over = true;
        document.body.dispatchEvent(new Event('due'));
      }
    }
  };
  setInterval(tick, 250);
})();
