import { z } from 'zod';
import { NotFoundError } from '../domain/errors.ts';
import type { Hold } from '../domain/hold.ts';
import { sources, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { holdWrites } from './hold-mark.ts';
import { dayField, textField } from './text-fields.ts';

const input = z.object({
  tenant: z.string(),
  source: z.string().optional(),
  reason: textField(500).min(1),
  reviewOn: dayField().optional(),
  actor: actorInput,
});

/** Places a legal hold: from the next step on nothing in its scope is destroyed, until it is released. */
export const placeHold = useCase(input, async (deps, { tenant: id, source, reason, reviewOn, actor }) => {
  const tenant = (await tenants.read(deps.table, id))?.value;
  if (tenant === undefined)
    throw new NotFoundError(`there is no tenant ${id}`, { hint: '`tenure tenant list` shows all tenants.' });
  if (source !== undefined && (await sources.read(deps.table, id, source)) === undefined) {
    throw new NotFoundError(`tenant ${id} has no source ${source}`, {
      hint: `\`tenure source list ${id}\` shows its sources.`,
    });
  }
  const hold: Hold = {
    id: `h-${deps.random(5).toString('hex')}`,
    scope: source === undefined ? { tenant: id } : { tenant: id, source },
    reason,
    placedBy: actor.id,
    placedAt: deps.clock.now(),
    ...(reviewOn === undefined ? {} : { reviewOn }),
  };
  await appendLedger(
    deps,
    { tenant, type: 'hold-placed', actor: actor.kind, subjects: [hold.id], particulars: { hold } },
    holdWrites(hold),
  );
  return hold;
});
