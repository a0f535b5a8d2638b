import { startOfDay } from '../../domain/calendar.ts';
import { invoiceLine, scopeLines } from '../mails/erasure-facts.ts';
import type { Phrases } from '../phrases.ts';
import type { CasePageOptions } from './case-page.ts';
import type { CaseView, ShownDelivery, ShownEvent } from './case-view.ts';
import type { CaseWords } from './case-words.ts';
import { type Html, html } from './page.ts';

type Fact = [label: string, value: string | readonly string[] | Html];

/** What the page tells, in sections; one without anything to tell is left out. */
export function caseSections(
  view: CaseView,
  { linkToken, locale }: CasePageOptions,
  words: CaseWords,
  say: Phrases,
  ways: Html,
): (Html | false)[] {
  const { certificate, remainder } = view;
  return [
    certificate !== undefined &&
      section(
        'certificate',
        words.sections.certificate,
        html`<p>${words.certificate.intro}</p>
${facts([
  [words.labels.number, certificate.id],
  [words.labels.issued, say.dateTime(certificate.issuedAt)],
  [
    words.labels.objects,
    `${say.count(certificate.objects, 'object')}, ${say.bytes(certificate.bytes)}; ${say.count(certificate.copies, 'copy')}`,
  ],
  [words.labels.digest, html`<span class="mono">${certificate.digest}</span>`],
])}
<p><a class="button" href="${linkToken}/certificate.pdf">${words.certificate.pdf}</a><a class="button" href="${linkToken}/certificate.json">${words.certificate.json}</a></p>
<p><a href="../../verify?lang=${locale}">${words.certificate.verify}</a></p>`,
      ),
    remainder.length > 0 &&
      section(
        'remainder',
        words.sections.remainder,
        html`<p>${words.remainder.intro}</p><ul class="list">${remainder.map(
          ({ what, place, until }) =>
            html`<li>${what} (${place})${until !== undefined && `, ${words.remainder.until(say.dateTime(until))}`}</li>`,
        )}</ul>`,
      ),
    section('what', whatHeading(view, words), facts(whatFacts(view, words, say))),
    view.endedAt === undefined && !view.tooLate && section('when', words.sections.when, whenFacts(view, words, say)),
    section('why', words.sections.why, facts(whyFacts(view, words, say))),
    ways,
    section('delivered', words.sections.delivered, deliveries(view, words, say)),
    section(
      'course',
      words.sections.course,
      html`<ol class="plain">${view.timeline.map((entry) => event(entry, view.timezone, words, say))}</ol>`,
    ),
  ];
}

function whatHeading({ standing, tooLate, endedAt }: CaseView, { sections }: CaseWords): string {
  if (standing === 'erased') return sections.whatGone;
  return endedAt !== undefined && !tooLate ? sections.whatKept : sections.what;
}

/** A section with a heading that names it. */
export function section(id: string, heading: string, content: Html): Html {
  return html`<section aria-labelledby="h-${id}"><h2 id="h-${id}">${heading}</h2>
${content}</section>
`;
}

function facts(rows: readonly Fact[]): Html {
  return html`<dl>${rows.map(
    ([label, value]) =>
      html`<dt>${label}</dt><dd>${
        typeof value === 'string' || 'html' in value
          ? value
          : html`<ul class="plain">${value.map((line) => html`<li>${line}</li>`)}</ul>`
      }</dd>`,
  )}</dl>`;
}

function whatFacts(view: CaseView, words: CaseWords, say: Phrases): Fact[] {
  const { labels } = words;
  const { tenant } = view;
  return [
    [labels.case, view.caseId],
    ...(tenant === undefined ? [] : [[labels.customer, `${tenant.name} (${tenant.id})`] satisfies Fact]),
    [labels.scope, view.facts === undefined ? say.scope(view.scope) : scopeLines(view.facts, say)],
    ...(view.facts === undefined
      ? []
      : [[labels.copies, words.copies(say.count(view.facts.copies, 'copy'))] satisfies Fact]),
  ];
}

function whenFacts(view: CaseView, words: CaseWords, say: Phrases): Html {
  const { labels } = words;
  const { clock, until } = view;
  if (clock === undefined) {
    const stands: Fact[] = until === undefined ? [] : [[labels.until, say.dateTime(until)]];
    return html`<p>${words.noClock[view.reason](view, say)}</p>${stands.length > 0 && facts(stands)}`;
  }
  return facts([
    [labels.due, say.dateTime(clock.dueAt)],
    [labels.from, say.dateTime(clock.destroyFrom)],
    [labels.days, say.count(Math.max(0, clock.daysUntilDue), 'day')],
  ]);
}

function whyFacts(view: CaseView, words: CaseWords, say: Phrases): Fact[] {
  const { labels } = words;
  const { authority, invoices } = view;
  const granted =
    view.reason === 'customer-request'
      ? words.ownInstruction(view, say)
      : authority === undefined
        ? words.obstacles.authority
        : `${authority.clause} (${authority.reference})`;
  return [
    [labels.reason, say.reason(view.reason)],
    [labels.authority, granted],
    ...(invoices.length === 0
      ? []
      : [[labels.invoices, invoices.map((open) => invoiceLine(open, say))] satisfies Fact]),
    [labels.opened, say.dateTime(view.openedAt)],
  ];
}

function deliveries(view: CaseView, words: CaseWords, say: Phrases): Html {
  if (view.deliveries.length === 0) return html`<p>${words.nothingDelivered}</p>`;
  const lines = ({ levels, plannedAt, bouncedAt }: ShownDelivery): [string, string][] => [
    ...(levels.length === 0 ? [[words.planned, plannedAt] satisfies [string, string]] : []),
    ...levels.map(({ level, at }): [string, string] => [words.levels[level], at]),
    ...(bouncedAt === undefined ? [] : [[words.bounced, bouncedAt] satisfies [string, string]]),
  ];
  return html`<ul class="plain">${view.deliveries.map(
    (delivery) =>
      html`<li><strong>${words.delivery(words.channels[delivery.channel], delivery.to)}</strong>${lines(delivery).map(
        ([what, at]) => html`<span class="when">${what}: ${say.dateTime(at)}</span>`,
      )}</li>`,
  )}</ul>`;
}

function event(
  { at, event: type, by, note, until }: ShownEvent,
  timezone: string,
  words: CaseWords,
  say: Phrases,
): Html {
  const what = words.events[type] ?? type;
  return html`<li><time datetime="${at}">${say.dateTime(at)}</time>${what}${
    until !== undefined && ` (${say.date(startOfDay(until, timezone))})`
  }, ${words.by[by]}${note !== undefined && html`<span class="when">“${note}”</span>`}</li>`;
}
