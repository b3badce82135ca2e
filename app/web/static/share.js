// Shows the share buttons where the phone can share, or at least copy.
(() => {
  if (!navigator.share && !navigator.clipboard) return;
  for (const button of document.querySelectorAll('[data-share]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const { share: url, text, done } = button.dataset;
      try {
        if (navigator.share) await navigator.share({ url, text });
        else {
          await navigator.clipboard.writeText(url);
          button.textContent = done;
        }
      } catch (refusal) {
        if (refusal.name !== 'AbortError' && refusal.name !== 'NotAllowedError') throw refusal;
      }
    });
  }
})();
