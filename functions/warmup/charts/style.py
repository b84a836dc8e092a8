"""How a chart looks: sizes in the units of its view, and colours that colour-blind people can tell, light and dark."""

from __future__ import annotations

WIDTH, HEIGHT = 900, 600
LEFT, RIGHT, TOP, BOTTOM = 80, 876, 172, 520

# Scoped to the chart's own class, so that a page may hold the file inline. Narrow screens get larger letters and only
# every second date; the second term is dashed and has squares, so that colour is never the only difference.
STYLE = """
.warmup-chart{--paper:#fff;--ink:#1f2328;--quiet:#57606a;--grid:#d8dee4;--a:#0072b2;--b:#c14a00;
background:var(--paper);font:17px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;max-width:100%;height:auto}
@media (prefers-color-scheme:dark){.warmup-chart{--paper:#0d1117;--ink:#e6edf3;--quiet:#9da7b1;--grid:#30363d;
--a:#56b4e9;--b:#f0a030}}
.warmup-chart text{fill:var(--ink)}
.warmup-chart .heading{font-size:21px;font-weight:600}
.warmup-chart .tick,.warmup-chart .quiet{fill:var(--quiet);font-size:15px}
.warmup-chart .paper{fill:var(--paper)}
.warmup-chart .grid{stroke:var(--grid);stroke-width:1}
.warmup-chart .now{stroke:var(--quiet);stroke-width:1.5;stroke-dasharray:2 4}
.warmup-chart .a{--own:var(--a)}
.warmup-chart .b{--own:var(--b)}
.warmup-chart .line{fill:none;stroke:var(--own);stroke-width:2.5;stroke-linejoin:round}
.warmup-chart .b .line{stroke-dasharray:9 4}
.warmup-chart .band{fill:var(--own);opacity:.16}
.warmup-chart .mark{fill:var(--paper);stroke:var(--own);stroke-width:2.5}
@media (max-width:600px){.warmup-chart{font-size:25px}.warmup-chart .heading{font-size:28px}
.warmup-chart .tick,.warmup-chart .quiet{font-size:24px}.warmup-chart .second{display:none}
.warmup-chart .line{stroke-width:4}.warmup-chart .mark{stroke-width:4}}
"""
