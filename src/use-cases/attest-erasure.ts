import { z } from 'zod';
import { isOver, isTooLate } from '../domain/case.ts';
import { BlockedError, ConflictError, InvalidError, NotFoundError } from '../domain/errors.ts';
import { cases, erasureItems, ordinal } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { erasureItemsOf } from './erasure-state.ts';
import { requireTenant } from './tenant-fields.ts';

const input = z.strictObject({
  case: z.string().min(1),
  source: z.string().min(1),
  /** Who has done it, as the certificate names them. */
  by: z.string().trim().min(1, { error: 'is empty' }).max(200),
  /** What proves it: a ticket, a change number, a statement. */
  evidence: z.string().trim().min(1, { error: 'is empty' }).max(1000),
  actor: actorInput,
});

/**
 * Records that somebody has deleted by hand what Tenure cannot: a database instance, or a customer's rows in a shared one. The
 * certificate says "attested", never "verified"; until then it is remainder. It counts from now on: copies that are made later
 * hold nothing of it.
 *
 * @throws BlockedError before the erasure has begun: what was done earlier may have been undone since
 */
export const attestErasure = useCase(input, async (deps, { case: id, source, by, evidence, actor }) => {
  if (actor.kind !== 'operator') {
    throw new BlockedError('only an operator attests', { hint: 'Ask an operator to enter it.' });
  }
  const value = (await cases.read(deps.table, id))?.value;
  if (value === undefined) throw new NotFoundError(`there is no case ${id}`, { hint: '`tenure case list` shows all.' });
  const { value: tenant } = await requireTenant(deps, value.tenant);
  const items = isTooLate(value) && !isOver(value) ? await erasureItemsOf(deps, id) : [];
  if (items.length === 0) {
    throw new BlockedError(`nothing is being erased for case ${id} (${value.status})`, {
      hint: 'Attest once the erasure has begun: what is attested has to be the state after it.',
    });
  }
  const item = items.find((one) => one.source === source);
  if (item === undefined) {
    throw new NotFoundError(`case ${id} is not about a source ${source}`, {
      hint: `It is about ${items.map((one) => one.source).join(', ')}.`,
    });
  }
  if (item.kind !== 'aws-backup') {
    throw new InvalidError(`source ${source} is erased by Tenure itself, and verified`, {
      hint: 'Only what Tenure cannot delete is attested: the resources of AWS Backup.',
    });
  }
  const attested = { by, evidence, at: deps.clock.now() };
  await untilUnchanged(async () => {
    const stored = await erasureItems.read(deps.table, id, ordinal(item.item));
    if (stored === undefined) throw new NotFoundError(`the erasure of ${id} has no item ${item.item}`);
    if (stored.value.attested !== undefined) {
      const { by: before, at } = stored.value.attested;
      throw new ConflictError(`source ${source} of case ${id} was attested by ${before} at ${at}`, {
        hint: '`tenure case show` tells of it.',
      });
    }
    await appendLedger(
      deps,
      {
        tenant,
        type: 'erasure-attested',
        actor: actor.kind,
        subjects: [id],
        particulars: { source, by, evidence, enteredBy: actor.id },
      },
      [erasureItems.write({ ...stored.value, attested }, stored.version)],
    );
  });
  return { case: id, source, ...attested };
});
