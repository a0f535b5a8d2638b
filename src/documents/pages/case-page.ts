import type { Locale } from '../../domain/tenant.ts';
import { type Phrases, phrases } from '../phrases.ts';
import { plainly } from '../plainly.ts';
import { caseSections } from './case-sections.ts';
import type { CaseView, Fault, Standing } from './case-view.ts';
import { waySections } from './case-ways.ts';
import { type CaseWords, caseWords } from './case-words.ts';
import { type Html, html, pageOfContent } from './page.ts';

/** What happened to a form, and what it was: the page says so at its top and at the field. */
export interface CaseOutcome {
  done?: CaseView['ways'][number];
  fault?: Fault;
  /** The copy that was asked for: it is being prepared, or lies ready behind a link that holds for minutes. */
  copy?: 'preparing' | { link: string };
  /** What was entered, so that nobody has to write it twice. */
  entered?: Readonly<Record<string, string>>;
}

/** What the page needs beside what it tells. */
export interface CasePageOptions extends CaseOutcome {
  locale: Locale;
  /** Goes with every form: who has only the address of the page, from a foreign page, cannot send one. */
  formToken: string;
  /** Last part of the page's own address, for links below it. */
  linkToken: string;
}

const tones: Partial<Record<Standing, 'calm' | 'grave'>> = {
  objected: 'calm',
  promised: 'calm',
  kept: 'calm',
  held: 'calm',
  erased: 'calm',
  'taken-back': 'calm',
  'called-off': 'calm',
  paid: 'calm',
  lapsed: 'calm',
  due: 'grave',
  'awaiting-approval': 'grave',
  preparing: 'grave',
  erasing: 'grave',
};

/** The page of a case, for its customer: where it stands, what, when, why, what was delivered, what can be done, what happened. */
export function renderCasePage(given: CaseView, options: CasePageOptions): string {
  const { locale, fault } = options;
  const view = plainly(given);
  const words = caseWords(locale);
  const say = phrases(locale, view.timezone);
  const title = words.title(view.caseId);
  return pageOfContent({
    locale,
    title: fault === undefined ? title : `${words.faultHead} · ${title}`,
    company: view.company,
    simulation: view.simulation,
    inLanguage: (other) => `?lang=${other}`,
    main: html`<h1>${title.replace(view.caseId, '')}<span class="nb">${view.caseId}</span></h1>
<p class="sub">${words.intro[view.reason]}</p>
${outcome(view, options, words, say)}
${standing(view, words, say)}
${caseSections(view, options, words, say, waySections(view, options, words, say))}`,
    footer: html`<p>${words.footer(view.company, view.timezone)}</p>`,
  });
}

function outcome(view: CaseView, { done, fault, copy }: CaseOutcome, words: CaseWords, say: Phrases): Html | undefined {
  if (fault !== undefined) {
    const text = words.faults(fault, view, say);
    const open = fault.way === 'export' ? view.export !== undefined : view.ways.includes(fault.way);
    return html`<div class="wrong" role="alert"><h2>${words.faultHead}</h2><p>${open ? html`<a href="#${fault.way}">${text}</a>` : text}</p></div>`;
  }
  if (copy !== undefined) {
    const { preparing, ready, fetch } = words.export;
    const text =
      copy === 'preparing'
        ? html`<a href="#export">${preparing}</a>`
        : html`${ready} <a href="${copy.link}" rel="noreferrer">${fetch}</a>`;
    return html`<div class="told" role="status"><h2>${words.doneHead}</h2><p>${text}</p></div>`;
  }
  if (done === undefined) return undefined;
  return html`<div class="told" role="status"><h2>${words.doneHead}</h2><p>${words.ways[done].done}</p></div>`;
}

function standing(view: CaseView, words: CaseWords, say: Phrases): Html {
  const { head, text } = words.standing[view.standing](view, say);
  const days = view.clock === undefined || view.standing === 'held' ? undefined : view.clock.daysUntilDue;
  return html`<div class="status ${tones[view.standing]}"><h2>${head}</h2><p>${text}</p>
${days !== undefined && html`<p class="days">${words.daysLeft(days, say)}</p>`}
${view.ways.length > 0 && html`<p><a href="#h-ways">${words.respond}</a></p>`}
${view.held && view.standing !== 'held' && html`<p>${words.held}</p>`}
${
  view.obstacles.length > 0 &&
  html`<h3>${words.obstaclesHead}</h3><ul class="list">${view.obstacles.map((code) => html`<li>${words.obstacles[code]}</li>`)}</ul>`
}</div>`;
}

/** Page for a link that leads to no case, for a moment in which nothing can be shown, and for what is more than a page takes. */
export function renderNoCasePage(
  told: 'gone' | 'later' | 'tooMany' | 'tooLarge',
  { locale, company, simulation, reach }: { locale: Locale; company: string; simulation: boolean; reach: string },
): string {
  const words = caseWords(locale);
  const { head, text } = words[told];
  return pageOfContent({
    locale,
    title: head,
    company,
    simulation,
    inLanguage: (other) => `?lang=${other}`,
    main: html`<h1>${head}</h1><p>${text}</p><p>${words.otherwise(reach)}</p>`,
  });
}
