import type { CustomerWay } from '../../domain/customer-ways.ts';
import { wholeAccount } from '../../domain/finance.ts';
import { reachOperator } from '../mail-frame.ts';
import type { Phrases } from '../phrases.ts';
import type { CasePageOptions } from './case-page.ts';
import { section } from './case-sections.ts';
import type { CaseView } from './case-view.ts';
import type { CaseWords, WayWords } from './case-words.ts';
import { type Html, html } from './page.ts';

/** What the customer can do now: a form for each way that is open, and in words what goes another way. */
export function waySections(view: CaseView, options: CasePageOptions, words: CaseWords, say: Phrases): Html {
  const reach = reachOperator(view, words.or);
  const ahead = view.endedAt === undefined && !view.tooLate;
  const parts = [
    // First what ends the matter at once.
    ...(ahead && view.reason === 'non-payment' ? [payment(view, words, reach)] : []),
    ...view.ways.map((way) => form(way, view, options, words, say)),
    ...(ahead ? [copy(view, options, words, say, reach)] : []),
  ];
  return section(
    'ways',
    words.sections.ways,
    html`${parts.length === 0 ? html`<p>${words.nothingToDo}</p>` : parts}<p class="way">${words.otherwise(reach)}</p>`,
  );
}

function payment({ paymentUrl, invoices }: CaseView, { pay }: CaseWords, reach: string): Html {
  const named = invoices.map(({ invoice }) => invoice).filter((invoice) => invoice !== wholeAccount);
  return html`<div class="way"><h3>${pay.heading}</h3><p>${pay.text}</p>
${named.length > 0 && html`<p>${pay.quote(named.join(', '))}</p>`}
${
  paymentUrl === undefined
    ? html`<p>${pay.ask(reach)}</p>`
    : html`<p><a class="button" href="${paymentUrl}" rel="noreferrer">${pay.button}</a></p><p class="hint">${pay.leads(new URL(paymentUrl).host)}</p>`
}</div>
`;
}

/** A form where there is a copy of ours, since nothing but a click on it may start a download; words where there is none. */
function copy(
  view: CaseView,
  { formToken, locale, fault }: CasePageOptions,
  { export: text, faults }: CaseWords,
  say: Phrases,
  reach: string,
): Html {
  const { export: found } = view;
  if (found === undefined) return html`<div class="way"><h3>${text.heading}</h3><p>${text.ask(reach)}</p></div>`;
  return html`<form class="way" method="post" id="export" aria-labelledby="h-export">
<h3 id="h-export">${text.heading}</h3>
<p>${text.text(found, say)}</p>
${found.without.length > 0 && html`<p>${text.without(found.without.join(', '), reach)}</p>`}
${fields('export', formToken, locale)}
${fault?.way === 'export' && html`<p class="fault">${faults(fault, view, say)}</p>`}
<button class="second" type="submit">${text.button}</button>
</form>
`;
}

function fields(way: CustomerWay | 'export', formToken: string, locale: string): Html {
  return html`<input type="hidden" name="way" value="${way}"><input type="hidden" name="form" value="${formToken}"><input type="hidden" name="lang" value="${locale}">`;
}

function form(
  way: CustomerWay,
  view: CaseView,
  { formToken, locale, fault, entered }: CasePageOptions,
  words: CaseWords,
  say: Phrases,
): Html {
  const text = words.ways[way];
  const wrong = fault?.way === way ? words.faults(fault, view, say) : undefined;
  const second = way === 'new-code' ? 'second' : '';
  return html`<form class="way" method="post" id="${way}" aria-labelledby="h-${way}">
<h3 id="h-${way}">${text.heading}</h3>
<p>${text.text(view, say)}</p>
${fields(way, formToken, locale)}
${text.label === undefined ? wrong !== undefined && html`<p class="fault">${wrong}</p>` : field(way, text, view, wrong, fault?.way === way ? entered : undefined)}
<button class="${second}" type="submit">${text.button}</button>
</form>
`;
}

function field(
  way: CustomerWay,
  { label, hint }: WayWords,
  view: CaseView,
  wrong: string | undefined,
  entered: CasePageOptions['entered'],
): Html {
  const id = `f-${way}`;
  const described = [hint === undefined ? '' : `${id}-hint`, wrong === undefined ? '' : `${id}-fault`].join(' ').trim();
  const invalid = wrong !== undefined && html` aria-invalid="true"`;
  const control = () => {
    if (way === 'confirm')
      return html`<input class="code" id="${id}" name="code" type="text" required maxlength="40" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" aria-describedby="${described}"${invalid}>`;
    if (way === 'keep-until' || way === 'extend')
      return html`<input id="${id}" name="until" type="date" required min="${view.firstDay}" max="${view.lastDay}" value="${entered?.until}" aria-describedby="${described}"${invalid}>`;
    return html`<textarea id="${id}" name="note" rows="3" maxlength="2000" aria-describedby="${described}"${invalid}>${entered?.note}</textarea>`;
  };
  return html`<label for="${id}">${label}</label>
${hint !== undefined && html`<span class="hint" id="${id}-hint">${hint}</span>`}${wrong !== undefined && html`<span class="fault" id="${id}-fault">${wrong}</span>`}
${control()}`;
}
