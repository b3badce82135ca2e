// Every text that is seen: its size, its line, its contrast (WCAG 2.2, 1.4.3).
() => {
  const seen = e => { const b = e.getBoundingClientRect(); return b.width > 1 && b.height > 1
      && getComputedStyle(e).visibility !== 'hidden' && !e.closest('.unseen, .skip, [aria-hidden=true], option, script, style') };
  const rgb = c => { const p = c.match(/[\d.]+/g).map(Number); return [p[0], p[1], p[2], p.length > 3 ? p[3] : 1] };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const lum = c => { const l = c.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
      return .2126 * l[0] + .7152 * l[1] + .0722 * l[2] };
  const ground = e => { const stack = []; for (let n = e; n; n = n.parentElement) stack.push(rgb(getComputedStyle(n).backgroundColor));
      return stack.reverse().reduce((under, each) => over(each, under), [255, 255, 255, 1]) };
  const found = [];
  for (const e of document.body.querySelectorAll('*')) {
    const own = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join('');
    const field = ['INPUT', 'SELECT'].includes(e.tagName) && !['hidden', 'radio', 'checkbox'].includes(e.type);
    if ((!own && !field) || !seen(e)) continue;
    const s = getComputedStyle(e), under = ground(e), ink = over(rgb(s.color), under);
    const [a, b] = [lum(ink), lum(under)].sort((x, y) => y - x);
    found.push({what: e.outerHTML.slice(0, 90), size: parseFloat(s.fontSize),
      line: s.lineHeight === 'normal' ? 1.3 : parseFloat(s.lineHeight) / parseFloat(s.fontSize), contrast: (a + .05) / (b + .05),
      field, off: e.matches(':disabled, :disabled *')});
  }
  return found;
}
