// The looks of the pages: light and dark, on paper and on a phone.
#include <algorithm>
#include <array>
#include <cmath>

#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>

namespace trous::report {
namespace {

constexpr const char* rules = R"css(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2127; --soft: #59626d; --line: #d5dae0;
  --panel: #f5f7f9; --strong: #0a5ca8; --warn: #8f2d00; --warn-paper: #fff0e6;
  --c0: #0072b2; --c1: #c04d00; --c2: #00785a; --c3: #a03c76; --c4: #6a3ddb; --c5: #7a4b1e; --c6: #59626d;
  --c7: #882255; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e4e8ec; --soft: #a0a9b4;
  --line: #343b44; --panel: #1d232a; --strong: #6db7f2; --warn: #ffb899; --warn-paper: #3a1f12;
  --c0: #56b4e9; --c1: #f0a040; --c2: #3fc79a; --c3: #e08cbc; --c4: #ab92f5; --c5: #c99b6b; --c6: #a0a9b4;
  --c7: #e37aa8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 70rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--strong); }
code { font: .9em/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { margin: .5rem 0; padding: .6rem .8rem; background: var(--panel); white-space: pre-wrap; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 1.25rem 0 0; }
.verdict { font-size: 1.2rem; line-height: 1.4; }
.verdict strong { color: var(--strong); }
.soft { color: var(--soft); }
.warn { padding: .6rem .8rem; border-left: 4px solid var(--warn); background: var(--warn-paper);
  color: var(--warn); font-weight: 600; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .75rem 1.5rem;
  margin: 1.25rem 0; }
.facts div { border-top: 2px solid var(--line); padding-top: .3rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-weight: 600; }
.scroll { overflow-x: auto; margin: .75rem 0; }
.scroll:focus-visible { outline: 2px solid var(--strong); }
table { border-collapse: collapse; font-size: .92rem; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: break-word; }
td code { overflow-wrap: anywhere; }
th:first-child { padding-left: 0; }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 500; }
tbody tr.own th, tbody tr.own td { font-weight: 700; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.chip { display: inline-block; width: .8em; height: .8em; margin-inline-end: .45em;
  border: 1px solid var(--soft); border-radius: 2px; vertical-align: -.05em; }
.name { white-space: nowrap; }
.bar { display: inline-block; width: 8rem; height: .7rem; background: var(--panel);
  border: 1px solid var(--line); }
.bar span { display: block; height: 100%; background: var(--c0); }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: .85rem; color: var(--soft);
  margin-bottom: .3rem; }
.key { white-space: nowrap; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
  gap: .5rem 2rem; }
figure { margin: 0; min-width: 0; }
.charts figure { display: flex; flex-direction: column; justify-content: space-between; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }  /* for the last label of an axis */
.swatch { width: 1.4rem; height: .75rem; margin-right: .3rem; vertical-align: -.05rem; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
  fill: var(--soft); }
svg .y { text-anchor: end; }
svg .x { text-anchor: middle; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .axis, svg .tick { stroke: var(--soft); stroke-width: 1; }
svg .level { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 6 4; }
svg line.mark { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 3; }
svg circle.mark { fill: none; stroke: var(--ink); stroke-width: 1.5; }
svg .c0 { stroke: var(--c0); } svg circle.c0 { fill: var(--c0); }
svg .c1 { stroke: var(--c1); } svg circle.c1 { fill: var(--c1); }
svg .c2 { stroke: var(--c2); } svg circle.c2 { fill: var(--c2); }
svg .c3 { stroke: var(--c3); } svg circle.c3 { fill: var(--c3); }
svg .c4 { stroke: var(--c4); } svg circle.c4 { fill: var(--c4); }
svg .c5 { stroke: var(--c5); } svg circle.c5 { fill: var(--c5); }
svg .c6 { stroke: var(--c6); } svg circle.c6 { fill: var(--c6); }
svg .c7 { stroke: var(--c7); } svg circle.c7 { fill: var(--c7); }
svg path, svg .c0, svg .c1, svg .c2, svg .c3, svg .c4, svg .c5, svg .c6, svg .c7 { stroke-width: 2; }
svg path { fill: none; stroke-linejoin: round; stroke-linecap: round; }
svg .thin { stroke-width: 1; opacity: .4; }
svg.swatch .thin { stroke-width: 2; opacity: .6; }
svg .dash { stroke-dasharray: 5 3; }
.matrix td, .matrix thead th { text-align: center; }
.matrix td, .matrix tbody th { vertical-align: middle; }
.matrix td { min-width: 2.6rem; padding: .3rem .2rem; border: 1px solid var(--paper); font-size: .82rem;
  font-variant-numeric: tabular-nums; }
.matrix td.right { outline: 1.5px solid var(--ink); outline-offset: -2px; }
.matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.matrix tbody th { white-space: nowrap; text-align: right; position: sticky; left: 0;
  background: var(--paper); }
.coverage { flex: 1 1 20rem; }
.coverage .chart { max-width: 26rem; margin: .5rem 0; }
svg .field { fill: var(--panel); stroke: var(--line); }
svg .gap { fill: var(--c1); fill-opacity: .3; stroke: none; }
svg .fill { fill: var(--c0); fill-opacity: .25; stroke: none; }
svg .seen { fill: var(--c0); stroke: none; }
svg .halo { fill: none; stroke: var(--paper); stroke-width: 5; }
.graph { flex: 0 1 26rem; }
.graph text { font-size: 12px; }
.graph text.name { fill: var(--ink); font-weight: 600; }
.graph text.y { fill: var(--ink); }
svg .box { fill: var(--panel); stroke: var(--line); stroke-width: 1; }
svg path.arrow { fill: none; stroke: var(--soft); stroke-width: 1.3; }
svg path.tip { fill: var(--soft); stroke: none; }
.shots { display: flex; gap: 2px; margin: .5rem 0; width: max-content; }
.shots figure { display: flex; flex-direction: column; }
.shots figcaption { font-size: .8rem; color: var(--soft); text-align: center; white-space: nowrap; }
.shots .two { display: flex; justify-content: space-around; }
img { display: block; image-rendering: pixelated; }
.panel { max-width: 100%; height: auto; image-rendering: auto; }
.smooth { image-rendering: auto; }
.beside { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: flex-start; }
.beside ol { padding-left: 1.3rem; }
.beside .scroll { max-width: 100%; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
  gap: 1rem 1.5rem; }
.panels .wide { grid-column: 1 / -1; }
.palette { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .88rem; }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--strong); }
footer { margin-top: 3rem; font-size: .85rem; color: var(--soft); }
@media (max-width: 40rem) { svg text { font-size: 14.5px; } h1 { font-size: 1.45rem; } .bar { width: 5rem; }
  .facts { grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .6rem 1rem; } }
@media print { :root { color-scheme: light; }
  nav { display: none; } body { padding: 0; max-width: none; font-size: 10pt; }
  .charts { grid-template-columns: 1fr 1fr; } .scroll { overflow: visible; } table { font-size: 8.5pt; }
  th, td { padding: .2rem .4rem; } .matrix td { min-width: 1.9rem; font-size: 7.5pt; }
  figure, tr, .warn, .facts div { break-inside: avoid; } h2, h3 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)css";

constexpr int shades = 20;

struct Ramp {
  std::array<double, 3> from, to;
};

constexpr Ramp light{{255, 255, 255}, {5, 66, 150}}, dark{{20, 24, 29}, {150, 205, 255}};

// Source: WCAG 2.1, relative luminance.
double luminance(const std::array<double, 3>& color) {
  const auto linear = [](double value) {
    const double share = value / 255;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
}

// Cell colours from nothing to all; the numbers are black or white, whichever stands out more, and so have a
// contrast of at least 4.5.
std::string shade_rule(const Ramp& ramp, int shade) {
  std::array<double, 3> color{};
  std::string channels;
  for (std::size_t i = 0; i < 3; ++i) {
    color[i] = std::round(ramp.from[i] + (ramp.to[i] - ramp.from[i]) * shade / shades);
    channels += (i ? "," : "") + fixed(color[i], 0);
  }
  const double bright = luminance(color);
  const bool black = (bright + 0.05) / 0.05 > 1.05 / (bright + 0.05);
  return ".q" + grouped(shade) + "{background:rgb(" + channels + ");color:" + (black ? "#000" : "#fff") +
         "}\n";
}

}  // namespace

std::string shade_class(double share) {
  return "q" + grouped(std::lround(std::clamp(share, 0.0, 1.0) * shades));
}

std::string shade_rules() {
  std::string result;
  for (int shade = 0; shade <= shades; ++shade) result += shade_rule(light, shade);
  result += "@media screen and (prefers-color-scheme: dark) {\n";
  for (int shade = 0; shade <= shades; ++shade) result += shade_rule(dark, shade);
  return result + "}\n";
}

std::string stylesheet() { return rules + shade_rules(); }

}  // namespace trous::report
