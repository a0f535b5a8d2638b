import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { withoutCallers } from '../domain/case-callers.ts';
import { isActive, withoutReasons } from '../domain/hold.ts';
import { cases, holds } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { forgetController } from './forget-callers.ts';
import { withoutAddresses } from './without-addresses.ts';

/**
 * The course of a tenant's cases stays, and when it was under a hold. What people wrote into them goes, who of the customer's people
 * acted, and the paths of earlier cases: no copy is left that could bring them back. A hold in force keeps its reason. Repeatable.
 */
export async function forgetWords(deps: Pick<Deps, 'table'>, tenant: string): Promise<void> {
  for (const { value: nominated } of await cases.of(deps.table, tenant)) {
    await untilUnchanged(async () => {
      const stored = await cases.read(deps.table, nominated.id);
      if (stored === undefined) return;
      await deps.table.transact([cases.write(withoutCallers(withoutWords(stored.value)), stored.version)]);
    });
    await forgetController(deps, nominated.id);
  }
  for (const { value: nominated } of await holds.list(deps.table, holds.key('').pk)) {
    if (nominated.scope.tenant !== tenant || isActive(nominated)) continue;
    await untilUnchanged(async () => {
      const stored = await holds.read(deps.table, nominated.id);
      if (stored !== undefined) await deps.table.transact([holds.write(withoutReasons(stored.value), stored.version)]);
    });
  }
}

function withoutWords(value: Case): Case {
  const { note: _note, ...rest } = value;
  const { paths: _paths, ...scope } = value.scope;
  return {
    ...rest,
    scope: scope as Case['scope'],
    timeline: value.timeline.map(({ note: _words, ...entry }) => entry),
    deliveries: value.deliveries.map(({ bounced, ...delivery }) =>
      bounced === undefined
        ? delivery
        : { ...delivery, bounced: { ...bounced, reason: withoutAddresses(bounced.reason) } },
    ),
  } as Case;
}
