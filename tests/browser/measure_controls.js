// Every main control that is smaller than 60 x 60 px.
() => [...document.querySelectorAll('main .weui-btn, main button:not(.unseen), main input:not([type=hidden], [type=radio], [type=checkbox], .unseen), ' +
    'main select, .choice__one, a.weui-cell, .bar a, .tabs a')].filter(e => e.offsetParent !== null)
  .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()]).filter(([, b]) => b.width < 59.5 || b.height < 59.5)
  .map(([what, b]) => `${Math.round(b.width)}x${Math.round(b.height)} ${what}`)
