"""The frame of the pages that commands write: self-contained, light and dark, down to a phone."""

from html import escape

_STYLE = """\
:root {
  --back: #fafaf7; --card: #fff; --line: #d9d8d0; --text: #1d1c1a; --quiet: #5d5b55;
  --accent: #8a2d5c; --warn-back: #fff1cc; --warn-text: #5a4200;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #151418; --card: #1f1d24; --line: #3a3742; --text: #eceaf1; --quiet: #aaa6b5;
    --accent: #f08bb8; --warn-back: #3d3214; --warn-text: #ffe7a3;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.25rem 4rem; background: var(--back);
  color: var(--text); font: 1rem/1.55 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 3rem 0 1rem; font-size: 1.15rem; line-height: 1.4; max-width: 60rem; }
p, ul { max-width: 46rem; }
.facts {
  margin: .75rem 0 0; padding: 0; list-style: none; color: var(--quiet); font-size: .9rem;
}
.warning {
  margin: 1.25rem 0; padding: .75rem 1rem; border-radius: .5rem; background: var(--warn-back);
  color: var(--warn-text);
}
.scroll { overflow-x: auto; margin-top: 1.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem 1rem; border-bottom: 1px solid var(--line); text-align: right; }
tbody th { white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 600; font-size: .85rem; }
figure {
  margin: 0; padding: .75rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; display: flex; flex-direction: column; gap: .6rem;
}
figcaption { display: flex; flex-wrap: wrap; gap: 0 .75rem; justify-content: space-between; }
figcaption span { color: var(--quiet); font-size: .9rem; font-variant-numeric: tabular-nums; }
@media (max-width: 44rem) {
  th, td { padding: .35rem .5rem; }
}
"""
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}</body>
</html>
"""


def page(title: str, *, style: str, body: str) -> str:
    """Return a page; `title` is text, `style` CSS behind that of all pages, `body` HTML."""
    return _PAGE.format(title=escape(title), style=_STYLE + style, body=body)
