import { z } from 'zod';
import { isCalendarDay } from '../domain/calendar.ts';

/**
 * Signs that no text of one line holds: controls, line and paragraph separators, and those that turn the direction of what
 * follows, with which a name could make the rest of a mail or a certificate read as something else (Unicode UAX #9, UTR #36 §2.5).
 * Marks that right-to-left scripts need (U+200E, U+200F, U+061C) stay.
 */
const notInLine = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Signs that no text holds: controls other than tabulator and line breaks. */
const notInText = /[^\P{Cc}\t\n\r]/u;

const wellFormed = (value: string): boolean => value.isWellFormed();

/** A text that stands on documents: one line, not empty. */
export const lineField = z
  .string({ error: 'must be text' })
  .trim()
  .min(1, { error: 'is empty' })
  .max(200, { error: 'is longer than 200 characters' })
  .refine((value) => !notInLine.test(value), {
    error: 'must be one line without control characters, also those that turn the direction of text',
  })
  .refine(wellFormed, { error: 'holds half a character' });

/** What somebody writes: a reason, a note; lines and tabulators, nothing that a terminal or a mail would obey. */
export function textField(longest: number) {
  return z
    .string({ error: 'must be text' })
    .max(longest, { error: `is longer than ${longest} characters` })
    .refine((value) => !notInText.test(value), { error: 'holds control characters' })
    .refine(wellFormed, { error: 'holds half a character' });
}

/** A calendar day that exists. */
export function dayField() {
  return z
    .string({ error: 'must be text' })
    .regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'must be a calendar day such as 2026-11-30', abort: true })
    .refine(isCalendarDay, { error: 'is a day that does not exist' });
}

/** A path, or a pattern of paths, within a source. `..` leads out of it and names nothing in it. */
export function pathField(longest: number) {
  return z
    .string({ error: 'must be text' })
    .max(longest, { error: `is longer than ${longest} characters` })
    .refine((path) => !path.includes('\0'), { error: 'holds a NUL' })
    .refine((path) => !path.split('/').includes('..'), { error: 'leads out of the source with ".."' })
    .refine(wellFormed, { error: 'holds half a character' });
}
