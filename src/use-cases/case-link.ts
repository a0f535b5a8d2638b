import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { dayMs } from '../domain/calendar.ts';
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
  const value = /^c-[0-9a-f]{10}$/.test(id) ? (await cases.read(deps.table, id))?.value : undefined;
  if (value === undefined) throw none();
  const wanted = await tokenOf(deps, value.tenant, id).catch((error: unknown) => {
    throw error instanceof NotFoundError ? none() : error;
  });
  const [a, b] = [Buffer.from(token), Buffer.from(wanted)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) throw none();
  return value;
}

/** Days for which a page may stay open before its forms no longer count. */
const formDays = 2;

/**
 * What every form of a case's page carries beside the link: only who has been shown the page has it, and it ends with the day after.
 */
export async function formToken(deps: Deps, value: Pick<Case, 'id' | 'tenant'>): Promise<string> {
  return await formTokenOf(deps, value, dayNumber(deps));
}

/** Whether a form was made by the page of this case, today or yesterday. Compared in constant time. */
export async function isFormToken(deps: Deps, value: Pick<Case, 'id' | 'tenant'>, given: string): Promise<boolean> {
  let found = false;
  for (let back = 0; back < formDays; back++) {
    const [a, b] = [Buffer.from(given), Buffer.from(await formTokenOf(deps, value, dayNumber(deps) - back))];
    if (a.length === b.length && timingSafeEqual(a, b)) found = true;
  }
  return found;
}

function dayNumber({ clock }: Deps): number {
  return Math.floor(clock.wall() / dayMs);
}

async function formTokenOf(deps: Deps, { id, tenant }: Pick<Case, 'id' | 'tenant'>, day: number): Promise<string> {
  const key = await deps.keys.open(`evidence/${tenant}`);
  return createHmac('sha256', key).update(`tenure/v1 case form ${id} ${day}`).digest('base64url').slice(0, tokenLength);
}

async function tokenOf(deps: Deps, tenant: string, id: string): Promise<string> {
  const key = await deps.keys.open(`evidence/${tenant}`);
  return createHmac('sha256', key).update(`tenure/v1 case page ${id}`).digest('base64url').slice(0, tokenLength);
}
