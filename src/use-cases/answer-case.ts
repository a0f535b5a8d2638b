import type { Deps } from '../deps.ts';
import type { Fault } from '../documents/pages/case-view.ts';
import { isCalendarDay, localDay } from '../domain/calendar.ts';
import type { Case } from '../domain/case.ts';
import { tooManyCodes } from '../domain/case-confirm.ts';
import { lastDayOfCustomer } from '../domain/case-stop.ts';
import type { CustomerWay } from '../domain/customer-ways.ts';
import { BlockedError, ConflictError, InvalidError } from '../domain/errors.ts';
import { isLostRace } from '../domain/lost-race.ts';
import { tenants } from '../records.ts';
import { changeCase } from './change-case.ts';

/** What a form of a case's page holds. */
export interface CaseAnswer {
  way: CustomerWay;
  code?: string;
  note?: string;
  until?: string;
}

/** Longest note, in characters, as `change-case` has it. */
const longestNote = 2000;

/**
 * What a customer sends from the page of a case. Whoever has the link acts as the tenant; what that may do is decided where every
 * change is decided. `undefined`: it was done. Faults that are not the customer's are thrown.
 */
export async function answerCase(deps: Deps, value: Case, answer: CaseAnswer): Promise<Fault | undefined> {
  const early = await faultOf(deps, value, answer);
  if (early !== undefined) return early;
  const { way, code = '', note, until = '' } = answer;
  const change = {
    confirm: { type: 'confirm', code: code.trim() },
    'new-code': { type: 'new-code' },
    object: { type: 'object', ...noteOf(note) },
    cancel: { type: 'cancel', ...noteOf(note) },
    'keep-until': { type: 'keep-until', until },
    extend: { type: 'extend', until },
  } as const;
  try {
    await changeCase.typed(deps, {
      case: value.id,
      actor: { kind: 'customer', id: value.tenant },
      change: change[way],
    });
    return undefined;
  } catch (error) {
    return faultOfRefusal(way, error);
  }
}

async function faultOf(deps: Deps, value: Case, { way, code, note, until }: CaseAnswer): Promise<Fault | undefined> {
  if (way === 'confirm') {
    const entered = (code ?? '').trim();
    if (entered === '') return { way, code: 'empty' };
    // Longer than any code with its separators: not worth a try.
    return entered.length > 40 ? { way, code: 'wrong' } : undefined;
  }
  if (way === 'keep-until' || way === 'extend') {
    if (until === undefined || !isCalendarDay(until)) return { way, code: 'no-day' };
    const timezone = (await tenants.read(deps.table, value.tenant))?.value.timezone ?? 'UTC';
    if (until < localDay(deps.clock.now(), timezone)) return { way, code: 'past' };
    return until > lastDayOfCustomer(value, timezone) ? { way, code: 'too-far' } : undefined;
  }
  return (note ?? '').length > longestNote ? { way, code: 'long' } : undefined;
}

/** The domain says no: in which of the words that the page has. */
function faultOfRefusal(way: CustomerWay, error: unknown): Fault {
  if (isLostRace(error)) throw error;
  if (way === 'confirm' && error instanceof InvalidError) return { way, code: 'wrong' };
  if (way === 'confirm' && error instanceof BlockedError) return { way, code: 'gone' };
  if (way === 'new-code' && isTooMany(error)) return { way, code: 'too-many' };
  if (way === 'extend' && error instanceof InvalidError) return { way, code: 'not-later' };
  if (error instanceof ConflictError || error instanceof BlockedError || error instanceof InvalidError) {
    return { way, code: 'not-now' };
  }
  throw error;
}

function isTooMany(error: unknown): boolean {
  if (!(error instanceof BlockedError)) return false;
  const reasons = (error.details.reasons ?? []) as readonly { code: string }[];
  return reasons.some(({ code }) => code === tooManyCodes);
}

function noteOf(note: string | undefined): { note?: string } {
  const text = note?.replaceAll('\r\n', '\n').trim() ?? '';
  return text === '' ? {} : { note: text };
}
