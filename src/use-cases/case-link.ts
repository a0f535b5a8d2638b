import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { NotFoundError } from '../domain/errors.ts';
import { cases } from '../records.ts';

/** Characters of a token: 132 bits, which nobody guesses. */
const tokenLength = 22;

/**
 * The address of a case's own page, for mails to the customer; `undefined` where the API is not reached from outside. The token is
 * made from the tenant's evidence key and stored nowhere: who reads the catalog cannot make it, and the page ends with that key.
 */
export async function caseLink(deps: Deps, { id, tenant }: Pick<Case, 'id' | 'tenant'>): Promise<string | undefined> {
  const { publicUrl } = deps.settings;
  if (publicUrl === undefined) return undefined;
  return `${publicUrl.replace(/\/$/, '')}/c/${id}/${await tokenOf(deps, tenant, id)}`;
}

/**
 * The case that a link leads to. The token is compared in constant time.
 *
 * @throws NotFoundError in the same words for a case that does not exist and a token that is not its own
 */
export async function openCaseLink(deps: Deps, id: string, token: string): Promise<Case> {
  const none = () => new NotFoundError('this link leads to no case', { hint: 'Open it as it stands in the mail.' });
  const value = (await cases.read(deps.table, id))?.value;
  if (value === undefined) throw none();
  const wanted = await tokenOf(deps, value.tenant, id).catch((error: unknown) => {
    throw error instanceof NotFoundError ? none() : error;
  });
  const [a, b] = [Buffer.from(token), Buffer.from(wanted)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) throw none();
  return value;
}

async function tokenOf(deps: Deps, tenant: string, id: string): Promise<string> {
  const key = await deps.keys.open(`evidence/${tenant}`);
  return createHmac('sha256', key).update(`tenure/v1 case page ${id}`).digest('base64url').slice(0, tokenLength);
}
