import type { CertificateContent, CertificateNotice } from '../domain/certificate.ts';
import { sayValue } from './certificate-values.ts';
import type { CertificateWords } from './certificate-words.ts';
import { ink, type Sheet } from './pdf-sheet.ts';
import { drawFacts, drawTable } from './pdf-table.ts';
import type { Phrases } from './phrases.ts';

/** What every section is drawn with. */
export interface Drawing {
  sheet: Sheet;
  content: CertificateContent;
  words: CertificateWords;
  say: Phrases;
}

/** Paths that are printed; the attached file holds them all. */
const printedPaths = 40;

/** Who, what, why, on whose authority. */
export function drawSubject({ sheet, content, words, say }: Drawing): void {
  const { labels } = words;
  const { authority, approval, operator } = content;
  sheet.section(words.sections.subject);
  drawFacts(sheet, [
    [labels.customer, `${content.customer.name} (${content.customer.tenant})`],
    [labels.scope, scopeLines(content, words, say)],
    [labels.reason, say.reason(content.case.reason)],
    [labels.authority, `${authority.clause} (${authority.reference})`],
    [labels.grantedBy, words.by(authority.by, say.moment(authority.at))],
    [labels.opened, words.by(content.case.openedBy, say.moment(content.dates.openedAt))],
    ...(approval ? [[labels.approval, words.by(approval.by, say.moment(approval.at))] as const] : []),
    [labels.operator, `${operator.organisation} (${sayValue(operator.performedBy, say.locale)})`],
    ...(operator.contact === undefined ? [] : [[labels.contact, operator.contact] as const]),
    [labels.tool, `${content.tool.name} ${content.tool.version}`],
    [labels.plan, content.case.planDigest, 'mono'],
  ]);
}

/** Deliveries of the notice with their evidence, and the dates that the rules compare. */
export function drawNotices({ sheet, content, words, say }: Drawing): void {
  const { columns, labels } = words;
  const { dates } = content;
  sheet.section(words.sections.notice);
  if (content.notices.length === 0) sheet.paragraph(words.noNotices);
  else {
    drawTable(
      sheet,
      [
        { title: columns.recipient, share: 0.34 },
        { title: columns.channel, share: 0.18 },
        { title: columns.levels, share: 0.48 },
      ],
      [{ rows: content.notices.map((delivery) => noticeRow(delivery, words, say)) }],
    );
  }
  drawFacts(sheet, [
    ...(dates.noticeSentAt === undefined ? [] : [[labels.noticeSent, say.moment(dates.noticeSentAt)] as const]),
    [labels.clockStarted, say.moment(dates.clockStartedAt)],
    [labels.due, say.moment(dates.dueAt)],
    [labels.destroyFrom, say.moment(dates.destroyFrom)],
    [labels.begun, say.moment(dates.begunAt)],
    [labels.completed, say.moment(dates.completedAt)],
  ]);
  sheet.space(3);
  sheet.paragraph(words.timesNote(content.customer.timezone), { size: 7.5, color: ink.quiet });
}

/** What there was: sources, counts, bytes, copies, and the root that proves single paths. */
export function drawInventory({ sheet, content, words, say }: Drawing): void {
  const { columns, labels } = words;
  const { inventory } = content;
  sheet.section(words.sections.inventory);
  const rows = inventory.sources.map(({ source, kind, location, objects, bytes, copies }) => [
    source,
    `${sayValue(kind, say.locale)}: ${location}`,
    say.number(objects),
    say.number(bytes),
    say.number(copies),
  ]);
  const total = [
    labels.total,
    '',
    say.number(inventory.objects),
    say.number(inventory.bytes),
    say.number(inventory.copies),
  ];
  drawTable(
    sheet,
    [
      { title: columns.source, share: 0.17 },
      { title: columns.location, share: 0.41 },
      { title: columns.objects, share: 0.13, align: 'right' },
      { title: columns.bytes, share: 0.19, align: 'right' },
      { title: columns.copies, share: 0.1, align: 'right' },
    ],
    [{ rows }],
    total,
  );
  sheet.paragraph(words.countsNote, { size: 7.5, color: ink.quiet });
  if (inventory.merkleRoot === undefined) return;
  drawFacts(sheet, [[labels.merkleRoot, inventory.merkleRoot, 'mono']]);
  sheet.space(3);
  sheet.paragraph(words.inventoryNote, { size: 7.5, color: ink.quiet });
}

/** Every operation, place by place, in the order in which it was done. */
export function drawPlaces({ sheet, content, words, say }: Drawing): void {
  const { columns } = words;
  sheet.section(words.sections.places);
  drawTable(
    sheet,
    [
      { title: columns.operation, share: 0.28 },
      { title: columns.time, share: 0.25 },
      { title: columns.result, share: 0.17 },
      { title: columns.detail, share: 0.3 },
    ],
    content.places.map(({ place, steps }) => ({
      title: sayValue(place, say.locale),
      rows: steps.map(({ operation, startedAt, endedAt, result, detail }) => [
        sayValue(operation, say.locale),
        `${words.from(say.moment(startedAt))}\n${words.to(say.moment(endedAt))}`,
        words.results[result],
        sayValue(detail, say.locale),
      ]),
    })),
  );
  if (words.verbatimNote !== '') sheet.paragraph(words.verbatimNote, { size: 7.5, color: ink.quiet });
}

/** How it was erased, and how it was looked for afterwards. */
export function drawVerification({ sheet, content, words, say }: Drawing): void {
  const { labels, columns } = words;
  const { sanitization, verification } = content;
  sheet.need(150);
  sheet.section(words.sections.verification);
  drawFacts(sheet, [
    [labels.method, words.methods[sanitization.method]],
    [labels.techniques, sanitization.techniques.map((technique) => sayValue(technique, say.locale))],
    [labels.verifiedBy, sayValue(verification.method, say.locale)],
    [labels.swept, say.moment(verification.sweptAt)],
    [labels.survivors, say.number(verification.survivors)],
  ]);
  if (content.remainder.length > 0) {
    sheet.section(words.sections.remainder);
    drawTable(
      sheet,
      [
        { title: columns.what, share: 0.25 },
        { title: columns.place, share: 0.25 },
        { title: columns.why, share: 0.27 },
        { title: columns.gone, share: 0.23 },
      ],
      [
        {
          rows: content.remainder.map(({ what, place, reason, goneAt }) => [
            ...[what, place, reason].map((value) => sayValue(value, say.locale)),
            say.moment(goneAt),
          ]),
        },
      ],
    );
  }
  sheet.section(words.sections.exclusions);
  if (content.exclusions.length === 0) sheet.paragraph(words.none);
  else {
    drawTable(
      sheet,
      [
        { title: columns.what, share: 0.4 },
        { title: columns.why, share: 0.6 },
      ],
      [{ rows: content.exclusions.map(({ what, why }) => [sayValue(what, say.locale), sayValue(why, say.locale)]) }],
    );
  }
}

function noticeRow(delivery: CertificateNotice, words: CertificateWords, say: Phrases): string[] {
  const { recipient, channel, levels, bounced } = delivery;
  const record = levels.map(
    ({ level, at, evidence }) => `${words.levels[level]}, ${say.moment(at)} (${words.evidence(evidence.slice(0, 12))})`,
  );
  if (bounced) record.push(words.bounced(say.moment(bounced.at), bounced.reason));
  return [recipient, words.channels[channel], record.join('\n')];
}

function scopeLines(content: CertificateContent, words: CertificateWords, say: Phrases): string[] {
  const { scope } = content.case;
  const paths = scope.paths ?? [];
  const rest = paths.length - printedPaths;
  return [
    say.scopeHead(scope),
    ...paths.slice(0, printedPaths),
    ...(rest > 0 ? [words.moreInFile(say.count(rest, 'path'))] : []),
  ];
}
