// How the page of html_report looks: light and dark, on a desk and on a phone.
#pragma once

inline constexpr const char* page_style = R"css(
:root { color-scheme: light dark; --ink: #1d2733; --dim: #66727f; --page: #fbfbfa; --card: #fff;
  --line: #dfe3e7; --good: #1a7f4b; --bad: #c2402a; --c0: #6b7280; --c1: #b7791f; --c2: #2563c9;
  --c3: #0e8f8f; --c4: #a33ea1; --c5: #c2402a; --c6: #4d7c0f; --c7: #7c5cd6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --dim: #98a3ae; --page: #14181d;
  --card: #1c2229; --line: #333c46; --good: #56c48a; --bad: #f0806a; --c0: #9aa5b1; --c1: #e0a94a;
  --c2: #6ea4ff; --c3: #4cc9c9; --c4: #dd85db; --c5: #f0806a; --c6: #a3cf5a; --c7: #b39dff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1rem 4rem; background: var(--page);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .3rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; } p { margin: .3rem 0; } .dim { color: var(--dim); }
.busy { border-left: 5px solid var(--bad); padding: .5rem .9rem; background: var(--card); }
section > div { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .9rem; margin: .8rem 0; overflow-x: auto; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .5rem 0; font-size: .9rem; }
.key i { display: inline-block; width: .75rem; height: .75rem; border-radius: 50%;
  margin-right: .4rem; }
.bars { display: grid; grid-template-columns: minmax(7rem, 10rem) 1fr minmax(8.2rem, auto);
  gap: .15rem .7rem; align-items: center; font-size: .88rem; }
.bars svg { width: 100%; height: 1.1rem; display: block; }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); }
svg text { fill: var(--dim); font: 13px system-ui, sans-serif; }
svg .grid { stroke: var(--line); } svg.plot { width: 100%; min-width: 34rem; height: auto; }
table { border-collapse: collapse; font-size: .88rem; width: 100%; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; } th { color: var(--dim); font-weight: 500; }
@media (max-width: 40rem) { .bars { grid-template-columns: 6.5rem 1fr; }
  .bars .num { grid-column: 1 / 3; margin-bottom: .4rem; } }
)css";
