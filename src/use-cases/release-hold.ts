import { z } from 'zod';
import { ConflictError } from '../domain/errors.ts';
import { type Hold, withoutReasons } from '../domain/hold.ts';
import { holds, holdsInForce, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { requireHold } from './show-hold.ts';
import { textField } from './text-fields.ts';

const input = z.object({ hold: z.string(), reason: textField(500).min(1), actor: actorInput });

/** Releases a hold, with a reason; the record of it stays. */
export const releaseHold = useCase(input, async (deps, { hold: id, reason, actor }) => {
  const stored = await requireHold(deps, id);
  if (stored.value.releasedAt !== undefined)
    throw new ConflictError(`hold ${id} was released at ${stored.value.releasedAt}`);
  const tenant = (await tenants.read(deps.table, stored.value.scope.tenant))?.value;
  const hold: Hold = { ...stored.value, releasedAt: deps.clock.now(), releasedBy: actor.id, releaseReason: reason };
  const released = { type: 'hold-released', subjects: [id] };
  await appendLedger(
    deps,
    tenant === undefined ? { ...released, actor } : { ...released, tenant, actor: actor.kind, particulars: { hold } },
    [
      // Of an erased tenant the ledger alone keeps the words, sealed.
      holds.write(tenant?.status === 'erased' ? withoutReasons(hold) : hold, stored.version),
      holdsInForce.remove(hold.scope.tenant, id),
    ],
  );
  return hold;
});
