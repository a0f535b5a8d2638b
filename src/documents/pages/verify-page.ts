import type { Locale } from '../../domain/tenant.ts';
import { phrases } from '../phrases.ts';
import { plainly } from '../plainly.ts';
import type { CertificateVerdict } from '../verify-certificate.ts';
import { section } from './case-sections.ts';
import { type Html, html, pageOfContent } from './page.ts';
import { findingsOf } from './verify-findings.ts';
import { type VerifyWords, verifyWords } from './verify-words.ts';

/** What the verification page tells. */
export interface VerifyPageData {
  company: string;
  simulation: boolean;
  /** What came of a file; absent before one was sent. */
  outcome?: { verdict: CertificateVerdict } | { fault: 'nothing' | 'tooLarge' };
}

/** Problems that are told in detail. A file can be wrong in thousands of places. */
const mostDetails = 20;

/** The public verification page: a form, and what the file proves or what is wrong with it. */
export function renderVerifyPage({ company, simulation, outcome }: VerifyPageData, locale: Locale): string {
  const words = verifyWords(locale);
  const fault = outcome !== undefined && 'fault' in outcome ? words[outcome.fault] : undefined;
  const verdict = outcome !== undefined && 'verdict' in outcome ? plainly(outcome.verdict) : undefined;
  const headline = verdict === undefined ? undefined : verdict.ok ? words.good.head : words.bad.head;
  return pageOfContent({
    locale,
    title: headline === undefined ? words.title : `${headline} · ${words.title}`,
    company,
    simulation,
    inLanguage: (other) => `?lang=${other}`,
    main: html`<h1>${words.title}</h1>
<p class="sub">${words.intro}</p>
${verdict !== undefined && (verdict.ok ? good(verdict, words, locale) : bad(verdict, words))}
${section(
  'file',
  words.form.heading,
  html`<form method="post" enctype="multipart/form-data">
<input type="hidden" name="lang" value="${locale}">
<label for="f-file">${words.form.label}</label><span class="hint" id="f-file-hint">${words.form.hint}</span>${fault !== undefined && html`<span class="fault" id="f-file-fault" role="alert">${fault}</span>`}
<input id="f-file" name="file" type="file" required accept=".pdf,.json,application/pdf,application/json" aria-describedby="f-file-hint${fault !== undefined && ' f-file-fault'}"${fault !== undefined && html` aria-invalid="true"`}>
<button type="submit">${words.form.button}</button>
</form>`,
)}
${section(
  'without-us',
  words.otherwise.heading,
  html`<p>${words.otherwise.text} <a href="v1/keys/jwks">${words.otherwise.keys}</a>.</p><p><code>tenure certificate verify cert.json --jwks tenure-keys.json</code></p>`,
)}`,
    footer: html`<p>${words.footer(company)}</p>`,
  });
}

function good({ content, kid }: CertificateVerdict, words: VerifyWords, locale: Locale): Html | undefined {
  if (content === undefined) return undefined;
  const say = phrases(locale, content.customer.timezone);
  return html`<div class="status calm" role="status"><h2>${words.good.head}</h2><p>${words.good.text(kid ?? '')}</p>
${content.simulation && html`<p><strong>${words.simulation}</strong></p>`}</div>
${section(
  'proves',
  words.proves,
  html`${words.does(content, say).map((line) => html`<p>${line}</p>`)}
<h3>${words.doesNot.heading}</h3><ul class="list">${words.doesNot.items.map((line) => html`<li>${line}</li>`)}</ul>`,
)}`;
}

function bad({ problems }: CertificateVerdict, words: VerifyWords): Html {
  return html`<div class="status grave" role="alert"><h2>${words.bad.head}</h2><p>${words.bad.text}</p>
<h3>${words.problems}</h3><ul class="list">${findingsOf(problems).map((kind) => html`<li>${words.findings[kind]}</li>`)}</ul>
<h3>${words.details}</h3><ul class="list" lang="en">${problems.slice(0, mostDetails).map((problem) => html`<li>${problem}</li>`)}</ul></div>`;
}
