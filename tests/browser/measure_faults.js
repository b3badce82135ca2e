// Texts that are cut off, things that stand beyond the window or over their neighbours, and words of another language
// on a Chinese page.
(known) => {
  const seen = e => { const b = e.getBoundingClientRect(); return b.width > 1 && b.height > 1
      && getComputedStyle(e).visibility !== 'hidden' && !e.closest('.unseen, .skip, [hidden], option, script, style, svg') };
  const scrolls = e => { for (let n = e.parentElement; n && n !== document.body; n = n.parentElement)
      if (/auto|scroll/.test(getComputedStyle(n).overflowX)) return true; return false };
  const found = [], root = document.documentElement, chinese = root.lang.startsWith('zh');
  if (root.scrollWidth > root.clientWidth) found.push(`scrolls sideways by ${root.scrollWidth - root.clientWidth} px`);
  for (const e of document.body.querySelectorAll('*')) {
    if (!seen(e)) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect(), what = e.outerHTML.slice(0, 110);
    const own = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).filter(Boolean).join(' ');
    const field = ['INPUT', 'TEXTAREA'].includes(e.tagName);
    if ((own || e.children.length) && !field && style.display !== 'inline') {
      const [x, y] = [style.overflowX, style.overflowY].map(v => v === 'hidden' || v === 'clip');
      if ((x && e.scrollWidth > e.clientWidth + 1) || (y && e.scrollHeight > e.clientHeight + 2)) found.push(`clipped: ${what}`);
    }
    if ((own || !e.children.length) && !scrolls(e) && (box.right > root.clientWidth + 1 || box.left < -1)) found.push(`outside: ${what}`);
    if (e.tagName === 'TABLE' && !scrolls(e) && box.right > e.parentElement.getBoundingClientRect().right + 1) found.push(`wider than its place: ${what}`);
    if (own && e.tagName === 'BUTTON' && e.scrollWidth > e.clientWidth + 1) found.push(`text wider than its button: ${what}`);
    if (!chinese || e.closest('[lang=en], [translate=no], q, .digits, .ref')) continue;
    const said = [own, e.getAttribute('aria-label'), e.getAttribute('placeholder'), e.getAttribute('alt'), e.title];
    for (const word of said.filter(Boolean).join(' ').replace(/\S+@\S+|https?:\S+|\d{8}-[0-9A-F]{8}|\b[0-9a-f]{12,}/g, '').match(/[A-Za-z][A-Za-z'-]+/g) || [])
      if (!known.includes(word)) found.push(`not Chinese: "${word}" in ${what}`);
  }
  return found;
}
