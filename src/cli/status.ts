import type { Posture } from '../use-cases/survey.ts';
import type { CommandModule } from './cli.ts';
import { atText, bytesText, counted } from './text.ts';

export const define: CommandModule['define'] = (status, cli) => {
  status.description('one screen: what is protected, what awaits somebody, what fails').action(
    cli.view(async ({ deps }) => {
      const { survey } = await import('../use-cases/survey.ts');
      const posture = await survey.typed(deps, {});
      return { json: posture, text: () => screen(posture) };
    }),
  );
};

function screen(posture: Posture): string {
  const { tenants, sources, copies, cases, alerts, controls, runs } = posture;
  const span = copies.newestAt === undefined ? '' : `, from ${atText(copies.oldestAt)} to ${atText(copies.newestAt)}`;
  return [
    `${posture.company}, ${atText(posture.now)} UTC${posture.simulated ? ' (SIMULATION)' : ''}`,
    ...halts(posture),
    '',
    `tenants   ${tenants.active} active, ${tenants.frozen} frozen, ${tenants.paused} paused, ${tenants.erased} erased`,
    `sources   ${sources.active} active, ${sources.removed} removed`,
    `copies    ${copies.count}${span}, ${bytesText(copies.bytes)} stored for them`,
    ...(posture.unprotected.length === 0 ? [] : [`no copy   ${posture.unprotected.slice(0, 8).join(', ')}`]),
    '',
    `cases     ${cases.open} open, ${counted(posture.holds, 'hold')} in force`,
    ...cases.list.map(
      ({ id, tenant, status, dueAt }) =>
        `  ${id} ${tenant} ${status}${dueAt === undefined ? '' : `, due ${atText(dueAt)}`}`,
    ),
    `alerts    ${alerts.open} open`,
    ...alerts.list.map(({ id, message, count }) => `  ${id} ${message}${count > 1 ? ` (${count} times)` : ''}`),
    controls === undefined
      ? 'controls  never evaluated: `tenure run controls`'
      : `controls  ${controls.passed} pass, ${controls.failed} fail, ${controls.excepted} excepted, at ${atText(controls.at)}`,
    ...(controls?.failing ?? []).map(({ id, subject, reason }) => `  ${id} ${subject}: ${reason}`),
    '',
    runs.length === 0 ? 'runs      none yet' : 'runs',
    ...runs.map(({ run, outcome, endedAt }) => `  ${atText(endedAt)} ${run}: ${outcome}`),
  ].join('\n');
}

function halts({ stop, quarantine }: Posture): string[] {
  return [
    ...(stop === undefined ? [] : [`STOPPED since ${atText(stop.at)} by ${stop.by}: ${stop.reason}`]),
    ...(quarantine === undefined
      ? []
      : [
          `QUARANTINE since ${atText(quarantine.at)}: ${quarantine.reason}. Nothing destructive runs until \`tenure resume --confirm quarantine\`.`,
        ]),
  ];
}
