import type { Recovery } from '../use-cases/recover-home.ts';
import { atText, counted } from './text.ts';

/** Chains that are told one by one; the JSON answer has all. */
const toldChains = 20;

/** What `recover` says to people. */
export function recoveryText(dir: string, found: Recovery): string {
  return [
    `Made a home in ${dir} and brought back ${counted(found.snapshots, 'copy', 'copies')} of ${counted(found.sources.length, 'source')} of ${counted(found.tenants.length, 'tenant')}.`,
    `${counted(found.erased, 'copy', 'copies')} had no key: erased, and not brought back.`,
    ...listed(
      `${counted(found.withheld.length, 'copy', 'copies')} of erased data still have keys and were not brought back. This keyring is older than the erasure: destroy it.`,
      found.withheld.map(
        ({ snapshot, tenant, source, case: id }) => `${snapshot} of ${tenant}/${source}, erased by ${id}`,
      ),
    ),
    ...listed(
      `${counted(found.damaged.length, 'root')} cannot be read:`,
      found.damaged.map(({ object, reason }) => `${object}: ${reason}`),
    ),
    ...(found.unknown.length === 0
      ? []
      : [`Tenants with keys, of which neither a copy nor the ledger tells: ${found.unknown.join(', ')}`]),
    ...(found.missingPlans.length === 0
      ? []
      : [`Put these plans into the plans folder of the home: ${found.missingPlans.join(', ')}`]),
    ...ledgerLines(found),
    ...listed('WRONG, and part of why the home is in quarantine:', found.problems),
    'The home is in quarantine: copies restore, backups run, nothing destructive does. Open cases, invoices and whatever else the',
    `lost catalog alone knew are not here${found.ledger === undefined ? ', nor are holds' : ''}. Enter them again, then \`tenure resume --confirm quarantine\`.`,
  ].join('\n');
}

function ledgerLines({ ledger, holds, lostCases, certificates }: Recovery): string[] {
  if (ledger === undefined)
    return ['No ledger was found: this home begins a new one. Holds are lost, place them again.'];
  const chains = ledger.chains.map(
    ({ chain, tenant, entries, lastAt }) =>
      `${chain}${tenant === undefined ? '' : ` (${tenant})`}: ${counted(entries, 'entry', 'entries')}, the last of ${atText(lastAt)}; what was written after it is lost`,
  );
  const more = chains.length - toldChains;
  return [
    ...listed('The ledger goes on where its evidence ends:', chains.slice(0, toldChains)),
    ...(more > 0 ? [`  and ${counted(more, 'more chain')}, in the same way (--json has them all)`] : []),
    `${counted(certificates, 'certificate')} registered again, ${counted(holds.length, 'hold')} in force again${holds.length === 0 ? '' : `: ${holds.join(', ')}`}.`,
    ...listed(
      `${counted(lostCases.length, 'open case')} lost. Open again what still holds; notice is given anew:`,
      lostCases.map(
        ({ id, tenant, source, status, openedAt }) =>
          `${id} ${tenant ?? '(tenant unknown)'}${source === undefined ? '' : `/${source}`} ${status}, opened ${atText(openedAt)}`,
      ),
    ),
  ];
}

function listed(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}
