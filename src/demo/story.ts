import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addHours, localDay } from '../domain/calendar.ts';
import type { EmbeddedHome } from '../embedded.ts';
import { cases, findings } from '../records.ts';
import { simulation } from '../simulation.ts';
import { addSource } from '../use-cases/add-source.ts';
import { addTenant } from '../use-cases/add-tenant.ts';
import { changeCase } from '../use-cases/change-case.ts';
import { openCase } from '../use-cases/open-case.ts';
import { takeFinanceEvent } from '../use-cases/take-finance-event.ts';
import { type LivingData, livingData } from './living-data.ts';
import { tell } from './timeline.ts';

/** First day of every demo. */
export const firstDay = '2026-01-01T00:00:00.000Z';

/** Where the three tenants' data come from. */
export interface DemoFolders {
  /** Copied as the data of the tenant that lives on, of the one that stops paying, of the one that pays in the last minute. */
  from: [string, string, string];
  /** Where the copies are made. */
  to: string;
}

/** What the proof needs from the story. */
export interface Told {
  living: LivingData;
  /** Folder of the tenant that was erased. */
  erasedFolder: string;
  erasedCase: string;
  cancelledCase: string;
}

const operator = { kind: 'operator' as const, id: 'operator' };
const finance = { kind: 'finance' as const, id: 'finance' };

/** Days of the story on which people do something. */
const days = { unpaid: 20, beforeErasure: 50, lastMinute: 50, triage: 28, objection: 30, withdrawal: 45 } as const;

/** Lives the days and says what happens, line by line. */
export async function liveStory(
  home: EmbeddedHome,
  folders: DemoFolders,
  total: number,
  say: (line: string) => void,
  beforeErasure: () => void,
): Promise<Told> {
  const { deps } = home;
  const data = await settle(home, folders);
  const told: Told = { living: data.living, erasedFolder: data.unpaid.folder, erasedCase: '', cancelledCase: '' };
  const lives = simulation(home, firstDay);

  async function people(day: number, at: string): Promise<string[]> {
    const lines: string[] = [];
    if (day % 2 === 0) {
      lines.push(...[data.living, data.late].map((one) => one.change(at)).slice(0, day === 0 ? 1 : 0));
      if (day < days.beforeErasure) data.unpaid.change(at);
    }
    if (day === days.unpaid) {
      for (const tenant of ['unpaid', 'late']) {
        const { case: opened } = await takeFinanceEvent.typed(deps, {
          tenant,
          type: 'unpaid',
          invoice: `2026-${tenant}`,
          actor: finance,
        });
        lines.push(`finance says unpaid: ${tenant}, case ${opened?.id ?? '?'}`);
        if (tenant === 'unpaid') told.erasedCase = opened?.id ?? '';
        else told.cancelledCase = opened?.id ?? '';
      }
    }
    if (day === days.triage) {
      const open = (await findings.list(deps.table, 'FINDINGS')).find(
        (stored) => stored.value.status === 'open',
      )?.value;
      if (open !== undefined) {
        const { tenant, source } = open.scope;
        const opened = await openCase.typed(deps, {
          tenant,
          ...(source === undefined ? {} : { source }),
          reason: 'obsolete',
          note: open.reason,
          actor: operator,
        });
        lines.push(
          `operator triages finding ${open.id} on ${tenant}/${source ?? ''} (${open.reason}): case ${opened.id}`,
        );
      }
    }
    const obsolete = (await cases.all(deps.table)).find((stored) => stored.value.reason === 'obsolete')?.value;
    if (day === days.objection && obsolete !== undefined) {
      await changeCase.typed(deps, {
        case: obsolete.id,
        actor: { kind: 'customer', id: obsolete.tenant },
        change: { type: 'object', note: 'We still need it.' },
      });
      lines.push(`customer objects to case ${obsolete.id}: its clock stops`);
    }
    if (day === days.withdrawal && obsolete !== undefined) {
      await changeCase.typed(deps, {
        case: obsolete.id,
        actor: operator,
        change: { type: 'cancel', note: 'The customer keeps it.' },
      });
      lines.push(`operator withdraws case ${obsolete.id}: the data stay`);
    }
    if (day === days.lastMinute) {
      await takeFinanceEvent.typed(deps, { tenant: 'late', type: 'paid', invoice: '2026-late', actor: finance });
      lines.push(`finance says paid: late, on the last day; case ${told.cancelledCase} is cancelled`);
      beforeErasure();
    }
    return lines;
  }

  for (let day = 0; day < total; day++) {
    const lines: string[] = [];
    const lived = await lives.nextDay(async (number) => {
      lines.push(...(await people(number, deps.clock.now())));
    });
    for (const line of [...tell(lived), ...lines])
      say(`day ${String(day).padStart(3)}  ${localDay(lived.day, 'UTC')}  ${line}`);
  }
  return told;
}

/** Three tenants in three languages; the first has an archive that nobody has touched for over a year. */
async function settle(home: EmbeddedHome, { from, to }: DemoFolders) {
  const { deps } = home;
  await home.moveClock(addHours(firstDay, 0));
  mkdirSync(to, { recursive: true });
  const contact = (tenant: string, locale: string) => [
    { name: `${tenant} accounts (${locale})`, email: `accounts@${tenant}.example` },
    { name: `${tenant} data protection (${locale})`, email: `privacy@${tenant}.example` },
  ];
  const cast = [
    { id: 'living', name: 'Living Ltd', locale: 'en', timezone: 'Europe/London', plan: 'standard' },
    { id: 'unpaid', name: 'Unpaid GmbH', locale: 'de', timezone: 'Europe/Berlin', plan: 'unattended' },
    { id: 'late', name: 'Late Payer SL', locale: 'es', timezone: 'Europe/Madrid', plan: 'unattended' },
  ] as const;
  for (const one of cast) {
    await addTenant.typed(deps, { ...one, contacts: contact(one.id, one.locale), actor: operator });
  }
  const [living, unpaid, late] = cast.map(({ id }, index) =>
    livingData(from[index] ?? from[0], join(to, id, 'files'), firstDay),
  );
  if (living === undefined || unpaid === undefined || late === undefined)
    throw new Error('three tenants have three folders');
  const archive = livingData(from[1], join(to, 'living', 'archive'), '2024-11-15T12:00:00.000Z');
  for (const [tenant, name, { folder }] of [
    ['living', 'files', living],
    ['living', 'archive', archive],
    ['unpaid', 'files', unpaid],
    ['late', 'files', late],
  ] as const) {
    await addSource.typed(deps, { source: { tenant, name, kind: 'directory', location: folder }, actor: operator });
  }
  return { living, unpaid, late };
}
