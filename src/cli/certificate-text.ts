import type { CertificateContent } from '../domain/certificate.ts';
import { describeScope } from '../domain/scope.ts';
import { shownName } from './shown-name.ts';
import { atText, bytesText, columns, counted } from './text.ts';

/** What a certificate says, for the terminal. The PDF is what a customer files. */
export function certificateText(content: CertificateContent): string {
  const { customer, operator, tool, case: about, authority, approval, dates, inventory, sanitization } = content;
  const facts = [
    ['customer', `${customer.name} (${customer.tenant})`],
    ['performed by', `${operator.organisation}, ${operator.performedBy}`],
    ['tool', `${tool.name} ${tool.version}`],
    ['case', `${about.id} (${about.reason})`],
    ['scope', shownName(describeScope(about.scope))],
    ['authority', `${authority.clause} (${authority.reference})`],
    ...(approval === undefined ? [] : [['approved', `${atText(approval.at)} by ${approval.by}`]]),
    ['opened', atText(dates.openedAt)],
    ['notice', atText(dates.noticeSentAt)],
    ['due', atText(dates.dueAt)],
    ['erased', `${atText(dates.begunAt)} to ${atText(dates.completedAt)}`],
    ['live data', `${counted(inventory.objects, 'object')}, ${bytesText(inventory.bytes)}`],
    ['copies', String(inventory.copies)],
    ['method', `${sanitization.method}: ${sanitization.techniques.join('; ')}`],
    ['issued', atText(content.issuedAt)],
  ];
  const steps = content.places.flatMap(({ place, steps: done }) =>
    done.map(({ operation, endedAt, result, detail }) => [place, operation, atText(endedAt), result, detail]),
  );
  return [
    ...(content.simulation ? ['SIMULATION: this certificate proves nothing.', ''] : []),
    columns(['CERTIFICATE', content.id], facts),
    '',
    columns(['PLACE', 'OPERATION', 'ENDED', 'RESULT', 'DETAIL'], steps),
    ...content.remainder.map(({ what, place, goneAt }) => `Gone later: ${what} (${place}), ${atText(goneAt)}.`),
    ...content.exclusions.map(({ what, why }) => `Left alone: ${what}: ${why}.`),
    '',
    content.wording,
  ].join('\n');
}
