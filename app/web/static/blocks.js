// Remembers which blocks of a long code have been typed, in this browser only and without a digit of the code.
(() => {
  const KEY = 'typed:';
  const restore = () => {
    for (const box of document.querySelectorAll('input[data-block]')) {
      if (box.known) continue;
      box.known = true;
      box.checked = localStorage.getItem(KEY + box.dataset.block) === '1';
      box.addEventListener('change', () => localStorage.setItem(KEY + box.dataset.block, box.checked ? '1' : '0'));
    }
  };
  document.addEventListener('DOMContentLoaded', restore);
  document.addEventListener('htmx:afterSettle', restore);
})();
