import type { ExpiryShare } from '../domain/gate.ts';
import { condemnSnapshots, listCondemned } from '../repository/expire.ts';
import { useCase } from '../use-case.ts';
import { ledgerWrites } from './append-ledger.ts';
import { askGate } from './ask-gate.ts';
import { condemnPoints } from './condemn-points.ts';
import { noFurtherHold } from './hold-mark.ts';
import type { CopyDecision } from './list-copies.ts';
import { pointsOf } from './managed-points.ts';
import { itemInput, itemOf, requestOf, saveItem, subjectOf } from './run-items.ts';

/** Asks the gate, then condemns the copies that the plan no longer keeps. From here on they cannot become anybody's parent. */
export const condemnCopies = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'done' as const };
  const { tenant, source } = await subjectOf(deps, item);
  const going = (item.facts.decisions as CopyDecision[]).filter((decision) => !decision.keep);
  const managed = source.kind === 'aws-backup';
  const unfinished = managed
    ? await pointsOf(deps, tenant.id, source.name, 'condemned')
    : await listCondemned(deps, tenant.id, source.name);
  if (going.length === 0 && unfinished.length === 0) {
    await saveItem(deps, item, { status: 'done', facts: { removed: 0 } });
    return { outcome: 'nothing' as const };
  }
  const scope = { tenant: tenant.id, source: source.name };
  const confirmed = (await requestOf(deps, run)).confirmed === true;
  const share = item.facts.share as ExpiryShare;
  const unheld = await noFurtherHold(deps, tenant.id);
  const answer = await askGate(
    deps,
    { kind: 'expiry', scope, caseStep: 'condemn' },
    { expiry: { ...share, confirmed } },
  );
  if (!answer.allowed) {
    await saveItem(deps, item, {
      status: 'blocked',
      reasons: answer.reasons.map((reason) => `${reason.message}. ${reason.hint}`),
    });
    return { outcome: 'blocked' as const };
  }
  const reasons = new Map(going.map((decision) => [decision.id, decision.reasons.join('; ')]));
  if (managed) {
    await condemnPoints(deps, tenant, source, reasons, unheld);
    await saveItem(deps, item, { status: 'running', facts: { share: { ...share, confirmed: true } } });
    return { outcome: 'managed' as const };
  }
  if (going.length > 0) {
    const condemned = await condemnSnapshots(deps, tenant.id, source.name, [...reasons.keys()], {
      reason: (id) => reasons.get(id) ?? 'expired',
      // A hold that is placed meanwhile makes this fail as a conflict: the next run asks the gate again.
      ledger: async (ids) => {
        const subjects = ids.slice(0, 500);
        const { writes } = await ledgerWrites(deps, { tenant, type: 'copies-condemned', actor: 'system', subjects });
        return [...writes, unheld];
      },
    });
    if (condemned.outcome === 'busy') {
      await saveItem(deps, item, { status: 'busy', reasons: [condemned.reason] });
      return { outcome: 'busy' as const };
    }
  }
  await saveItem(deps, item, { status: 'running', facts: { share: { ...share, confirmed: true } } });
  return { outcome: 'condemned' as const };
});
