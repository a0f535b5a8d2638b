import { randomBytes } from 'node:crypto';
import { ConflictError } from '../domain/errors.ts';
import { readChain, readRecord, type SourceScope } from './chain.ts';
import { type Intent, putRecord, putSnapshot, type RetiredRecord, rowKeys } from './chain-rows.ts';
import { listCondemned } from './condemn.ts';
import { noLongerListed, type Round, type RoundRequest, rewrite } from './erasure-rewrite.ts';
import { abortBackup, nextAttempt, openIntent, releaseHead } from './intent.ts';
import { leftoverOf } from './leftovers.ts';
import { readPins } from './pins.ts';
import { type Busy, type Repository, untilUnchanged } from './repository.ts';
import { writeWork } from './worklist.ts';

/** Rewrites a run of neighbouring snapshots and swings their rows in one transaction. */
export async function eraseRound(repo: Repository, scope: SourceScope, request: RoundRequest): Promise<Round | Busy> {
  const { tenant, source } = scope;
  const begun = await openIntent(repo, {
    ...{ kind: 'subject-erasure', tenant, source, run: request.run, cadence: 'manual', planDigest: '' },
    takenAt: repo.clock.now(),
  });
  if (begun.outcome === 'busy') return { outcome: 'busy', reason: `another operation is running: ${begun.heldBy}` };
  const { intent } = begun;
  const resultKey = rowKeys.round(tenant, source, intent.id);
  const earlier = await readRecord<Round>(repo.table, resultKey);
  if (intent.status === 'committed' && earlier) return earlier.record;
  // From here on nothing is condemned and nothing is pinned any more, so what is not seen now does not come.
  const busy = (await unfinishedExpiry(repo, scope)) ?? (await firstPinned(repo, scope, request.seqs));
  if (busy) {
    await abortBackup(repo, intent);
    return busy;
  }
  const attempt = await nextAttempt(repo, intent);
  const { rewritten, round } = await rewrite(repo, scope, intent, attempt, request);
  if (rewritten.length === 0) {
    await abortBackup(repo, intent);
    return round;
  }
  const list = `erased-${intent.id}-${randomBytes(5).toString('hex')}`;
  await writeWork(repo, scope, list, await noLongerListed(repo, scope, rewritten));
  const retired: RetiredRecord = {
    intent: intent.id,
    keys: rewritten.map(({ before }) => before.record.root.key),
    list,
    step: 'swung',
  };
  await untilUnchanged(async () => {
    const chain = await readChain(repo, tenant, source);
    const open = await readRecord<Intent>(repo.table, rowKeys.intent(tenant, source, intent.id));
    if (open?.record.status !== 'open') {
      throw new ConflictError(`the erasure of ${tenant}/${source} was taken for dead and aborted`, {
        hint: 'Run it again.',
      });
    }
    await repo.table.transact([
      // No snapshot changes while the intent is open, except by who aborts it: then this fails as a whole.
      ...rewritten.map(({ before, after }) => putSnapshot(after, before.version)),
      putRecord(rowKeys.intent(tenant, source, intent.id), { ...open.record, status: 'committed' }, open.version),
      putRecord(rowKeys.leftover(tenant, source, intent.id), leftoverOf(repo, intent.id, [attempt])),
      putRecord(rowKeys.retired(tenant, source, intent.id), retired, undefined),
      putRecord(resultKey, round),
      releaseHead(chain),
      ...(await request.ledger(round.snapshots)),
    ]);
  });
  return round;
}

/** A condemned snapshot whose key is not destroyed yet still holds what is to be erased. */
export async function unfinishedExpiry(repo: Repository, { tenant, source }: SourceScope): Promise<Busy | undefined> {
  const all = await listCondemned(repo, tenant, source);
  const waiting = all.find(({ step }) => step === 'condemned' || step === 'listed');
  const reason = `snapshot ${waiting?.snapshot} is condemned and its key not destroyed yet: finish the expiry first`;
  return waiting && { outcome: 'busy', reason };
}

async function firstPinned(repo: Repository, scope: SourceScope, seqs: readonly number[]): Promise<Busy | undefined> {
  const { snapshots } = await readChain(repo, scope.tenant, scope.source);
  for (const { record } of snapshots) {
    if (!seqs.includes(record.seq)) continue;
    const { live } = await readPins(repo, scope, record.id);
    if (live.length > 0) return { outcome: 'busy', reason: `snapshot ${record.id} is being read` };
  }
  return undefined;
}
