import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { Hold } from '../domain/hold.ts';
import { holds, type Stored } from '../records.ts';
import { useCase } from '../use-case.ts';

/** One hold, released or not. @throws NotFoundError */
export const showHold = useCase(
  z.strictObject({ hold: z.string() }),
  async (deps, { hold }): Promise<Hold> => (await requireHold(deps, hold)).value,
);

/** A hold, or NotFoundError. */
export async function requireHold(deps: Pick<Deps, 'table'>, id: string): Promise<Stored<Hold>> {
  const stored = await holds.read(deps.table, id);
  if (stored !== undefined) return stored;
  throw new NotFoundError(`there is no hold ${id}`, { hint: '`tenure hold list` shows all holds.' });
}
