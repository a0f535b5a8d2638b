import { hash } from 'node:crypto';

/**
 * The stylesheet of every page. It lies in the page itself, under its hash, so that a page is one answer and needs nothing else.
 * Colours have a contrast of 7:1 or more on their ground (WCAG 2.2, 1.4.6), boundaries of fields 3:1 (1.4.11).
 */
export const style = `
*,*::before,*::after{box-sizing:border-box}
html{font:100%/1.55 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;color:#1c2024;background:#f3f4f2;-webkit-text-size-adjust:100%}
body{margin:0;overflow-wrap:anywhere}
.skip{position:absolute;left:-999em}
.skip:focus{left:1rem;top:1rem;padding:.5rem 1rem;background:#fff;z-index:1}
.sim{margin:0;padding:.75rem 1rem;background:#5a1a6b;color:#fff;text-align:center;font-weight:600}
.top,main,footer.end{max-width:46rem;margin:0 auto;padding:0 1.25rem}
.top{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;justify-content:space-between;align-items:baseline;padding-top:1.25rem;padding-bottom:.75rem}
.top .who{font-weight:600;margin:0}
nav.langs ul{display:flex;gap:.25rem;list-style:none;margin:0 -.6rem;padding:0}
nav.langs a,nav.langs span{display:inline-block;padding:.35rem .6rem;min-width:1.5rem;min-height:1.5rem}
nav.langs span{font-weight:600}
main{padding-bottom:2rem}
h1{font-size:1.55rem;line-height:1.25;margin:.5rem 0 .25rem}
h2{font-size:1.15rem;line-height:1.3;margin:0 0 .75rem}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
.nb{white-space:nowrap}
p{margin:0 0 .75rem}
.sub{color:#454b52;margin-bottom:1.25rem}
section,.status{background:#fff;border:1px solid #d5d8d3;border-radius:.5rem;padding:1.25rem;margin:0 0 1rem}
section>:last-child,.status>:last-child,.told>:last-child,.wrong>:last-child{margin-bottom:0}
.status{border-left:.4rem solid #33597c}
.status.calm{border-left-color:#23633b}
.status.grave{border-left-color:#8f1d1d}
.status h2{font-size:1.3rem;margin-bottom:.4rem}
.days{font-size:1.05rem;font-weight:600}
.told,.wrong{border-radius:.5rem;padding:1rem 1.25rem;margin:0 0 1rem;border:2px solid #23633b;background:#eef7f0}
.wrong{border-color:#8f1d1d;background:#fdf1f0}
dl{margin:0;display:grid;grid-template-columns:1fr}
dt{color:#454b52;font-size:.95rem;margin-top:.75rem}
dt:first-child{margin-top:0}
dd{margin:0}
ul.plain,ol.plain{list-style:none;margin:0;padding:0}
dd ul.plain li{border:0;padding:0 0 .25rem}
dd ul.plain li:last-child{padding-bottom:0}
ul.list{margin:0 0 .75rem;padding-left:1.25rem}
ol.plain li,ul.plain li{padding:.5rem 0;border-top:1px solid #e3e5e1}
ol.plain li:first-child,ul.plain li:first-child{border-top:0;padding-top:0}
time,.when{display:block;color:#454b52;font-size:.95rem}
form{margin:0}
.way{border-top:1px solid #e3e5e1;padding-top:1.25rem;margin-top:1.25rem}
h2+.way{border-top:0;padding-top:0;margin-top:0}
.way h3{margin-top:0}
label{display:block;font-weight:600;margin:.5rem 0 .25rem}
.hint{display:block;color:#454b52;font-size:.95rem;margin-bottom:.25rem}
.fault{display:block;color:#8f1d1d;font-weight:600;margin-bottom:.35rem}
input,textarea{display:block;font:inherit;color:inherit;width:100%;max-width:100%;padding:.6rem .7rem;border:1px solid #676e74;border-radius:.35rem;background:#fff}
input.code{max-width:14rem;letter-spacing:.12em;font-family:ui-monospace,Menlo,Consolas,monospace;text-transform:uppercase}
input[type=date]{max-width:14rem}
input[aria-invalid],textarea[aria-invalid]{border:2px solid #8f1d1d}
button,a.button{font:inherit;font-weight:600;display:inline-block;min-height:2.75rem;padding:.55rem 1.1rem;margin:.75rem .5rem 0 0;border-radius:.35rem;border:2px solid #1f4b73;background:#1f4b73;color:#fff;text-decoration:none;cursor:pointer}
button.second{background:#fff;color:#1f4b73}
button:hover,a.button:hover{background:#163857;color:#fff}
a{color:#1a4a7a}
:focus-visible{outline:3px solid #b25000;outline-offset:2px}
code,.mono{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.92em}
footer.end{color:#454b52;font-size:.95rem;padding-bottom:2.5rem}
@media (min-width:40rem){h1{font-size:1.9rem}dl{grid-template-columns:13rem 1fr;column-gap:1.25rem}dt{margin-top:.6rem}dd{margin-top:.6rem}dt:first-child,dt:first-child+dd{margin-top:0}section,.status{padding:1.5rem}}
@media print{html{background:#fff}form,nav,.skip{display:none}section,.status{break-inside:avoid}}
`;

/** Policy of a page: its own stylesheet by its hash, forms to where it came from, and nothing else from anywhere (CSP Level 3). */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', style, 'base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');
