import { shownEvent } from '../domain/case.ts';
import { describeScope } from '../domain/scope.ts';
import type { showCase } from '../use-cases/show-case.ts';
import { moneyText } from './money.ts';
import { shownName } from './shown-name.ts';
import { atText, bytesText, columns, counted, indent } from './text.ts';

type ShownCase = Awaited<ReturnType<typeof showCase.typed>>;

/** A case as the terminal shows it. */
export function caseText(shown: ShownCase): string {
  const { case: value, status, obstacles, certificate } = shown;
  const { authority } = value;
  const facts = [
    ['scope', shownName(describeScope(value.scope))],
    ['reason', value.note === undefined ? value.reason : `${value.reason}: ${shownName(value.note)}`],
    ['status', status === value.status ? status : `${status} (${value.status} underneath)`],
    [
      'authority',
      authority === undefined ? 'none on record' : `${authority.clause} (${authority.reference}, by ${authority.by})`,
    ],
    ['opened', `${atText(value.openedAt)} by ${value.openedBy.kind} ${value.openedBy.id}`],
    ['notice sent', atText(value.noticeSentAt)],
    ...countdownRows(shown),
    ...(value.approval === undefined ? [] : [['approved', `${atText(value.approval.at)} by ${value.approval.by}`]]),
    ...value.invoices.map(({ invoice, outstanding, settledAt }) => [
      'invoice',
      settledAt === undefined
        ? `${invoice}, ${outstanding === undefined ? '' : `${moneyText(outstanding)} `}open`
        : `${invoice}, settled ${atText(settledAt)}`,
    ]),
    ...(certificate === undefined
      ? []
      : [['certificate', `${certificate.id}, issued ${atText(certificate.issuedAt)}`]]),
  ];
  return [
    columns(['CASE', value.id], facts),
    ...(obstacles.length === 0
      ? []
      : ['', 'What stands in the way:', ...obstacles.map(({ message, hint }) => indent(`${message}\n  ${hint}`))]),
    ...erasureLines(shown),
    '',
    columns(
      ['AT', 'EVENT', 'BY', 'STATUS', 'NOTE'],
      value.timeline.map(({ at, event, actor, status: after, note }) => [
        atText(at),
        shownEvent({ event, status: after }),
        actor.kind === 'system' ? 'system' : `${actor.kind} ${actor.id}`,
        after,
        shownName(note ?? ''),
      ]),
    ),
  ].join('\n');
}

function countdownRows({ countdown }: ShownCase): string[][] {
  if (countdown === null) return [];
  const { dueAt, daysUntilDue, destroyFrom, daysUntilDestruction } = countdown;
  return [
    ['due', `${atText(dueAt)} (${daysText(daysUntilDue)})`],
    ['erased from', `${atText(destroyFrom)} (${daysText(daysUntilDestruction)})`],
  ];
}

function daysText(days: number): string {
  if (days === 0) return 'today';
  return days > 0 ? `in ${counted(days, 'day')}` : `${counted(-days, 'day')} ago`;
}

function erasureLines({ erasure, sources }: ShownCase): string[] {
  if (erasure === undefined) return [];
  const items = (sources ?? []).map(({ source, stage, objects, bytes, snapshots, reasons, attested }) => [
    source,
    stage,
    counted(objects, 'object'),
    bytesText(bytes),
    counted(snapshots, 'copy', 'copies'),
    [...reasons, ...(attested === undefined ? [] : [`attested by ${shownName(attested.by)}`])].join('; '),
  ]);
  const remainder = erasure.remainder.map(
    ({ what, place, reason, until }) =>
      `  still there: ${what} (${place}): ${reason}${until === undefined ? '' : `, until ${atText(until)}`}`,
  );
  return ['', columns(['ERASED', 'STAGE', 'LIVE', 'SIZE', 'COPIES', 'REMARK'], items), ...remainder];
}
