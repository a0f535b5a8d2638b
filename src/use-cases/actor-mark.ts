import { createHmac } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { ConflictError, NotFoundError, UnavailableError } from '../domain/errors.ts';
import type { KeyStore } from '../ports/key-store.ts';

/** Somebody who acts: a person or machine, in a role. */
export interface Acting {
  kind: string;
  /** As opener and approver are told apart: often a mail address. */
  id: string;
  /** The one tenant of a customer's own people. */
  tenant?: string | undefined;
}

/** The home's own key for marks; no export holds it. */
const homeKeyRef = 'home/marks';

/** Hex digits of a mark: 80 bits. */
const markLength = 20;

/**
 * Stands for somebody on records that hold no names: the same for one person or machine every time, and made by nobody without the
 * key. A customer's people are marked under the tenant's evidence key and so by nobody any more once it is destroyed; everybody else
 * under a key of the home. `undefined` once the tenant's key is gone.
 */
export async function actorMark(
  { keys }: Pick<Deps, 'keys'>,
  { id, tenant }: Omit<Acting, 'kind'>,
): Promise<string | undefined> {
  const key = tenant === undefined ? await homeKey(keys) : await openOf(keys, `evidence/${tenant}`);
  if (key === undefined) return undefined;
  return createHmac('sha256', key).update(`tenure/v1 actor ${id}`).digest('hex').slice(0, markLength);
}

/**
 * Role and mark, as the system's chain and the log name somebody. The role alone where there is no mark, and while the keys do not
 * answer: a stop must not wait for them.
 */
export async function actorName(deps: Pick<Deps, 'keys'>, acting: Acting): Promise<string> {
  // Nobody: the program itself.
  if (acting.kind === 'system') return acting.kind;
  try {
    const mark = await actorMark(deps, acting);
    return mark === undefined ? acting.kind : `${acting.kind}:${mark}`;
  } catch (error) {
    if (error instanceof UnavailableError) return acting.kind;
    throw error;
  }
}

async function homeKey(keys: KeyStore): Promise<Buffer> {
  const known = await openOf(keys, homeKeyRef);
  if (known !== undefined) return known;
  try {
    return await keys.make(homeKeyRef);
  } catch (error) {
    // Made by somebody else meanwhile: that one counts.
    if (error instanceof ConflictError) return await keys.open(homeKeyRef);
    throw error;
  }
}

async function openOf(keys: KeyStore, ref: string): Promise<Buffer | undefined> {
  try {
    return await keys.open(ref);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
