import { z } from '@hono/zod-openapi';
import { InvalidError } from '../domain/errors.ts';

/** Query of a list. Strict, as every query is: a filter that is mistyped must not look like one that lets everything through. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).openapi({ description: 'Most items of a page' }),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,2000}$/, { error: 'was not given by this API' })
    .optional()
    .openapi({ description: '`next` of the page before; as it was given, it has no meaning of its own' }),
});

/** A page of a list. */
export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next: z.string().optional().openapi({ description: 'Cursor of the next page; absent on the last' }),
  });
}

/**
 * Cuts a page out of a list that is ordered by a unique text. The cursor names the last item of the page before, so a list that
 * grows or shrinks meanwhile skips nothing and repeats nothing.
 *
 * @throws InvalidError for a cursor that was not given by this API
 */
export function pageOf<T>(
  all: readonly T[],
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  keyOf: (item: T) => string,
): { items: T[]; next?: string } {
  const after = cursor === undefined ? undefined : openCursor(cursor);
  const rest = after === undefined ? all : all.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    ...(rest.length > items.length && last !== undefined ? { next: cursorAfter(keyOf(last)) } : {}),
  };
}

/**
 * The same for a list that can be read from any key on: what is asked for is read, and one more to tell whether there is more.
 *
 * @throws InvalidError for a cursor that was not given by this API
 */
export async function pageFrom<T>(
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  read: (range: { after?: string; limit: number }) => Promise<T[]>,
  keyOf: (item: T) => string,
): Promise<{ items: T[]; next?: string }> {
  const found = await read({ limit: limit + 1, ...(cursor === undefined ? {} : { after: openCursor(cursor) }) });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(found.length > limit && last !== undefined ? { next: cursorAfter(keyOf(last)) } : {}) };
}

/** The cursor of what follows an item. */
export function cursorAfter(key: string): string {
  return Buffer.from(JSON.stringify({ after: key })).toString('base64url');
}

/** The key of the item that a cursor stands behind. @throws InvalidError for one that was not given by this API */
export function openCursor(cursor: string): string {
  try {
    return z.object({ after: z.string() }).parse(JSON.parse(Buffer.from(cursor, 'base64url').toString())).after;
  } catch (cause) {
    throw foreignCursor(cause);
  }
}

/** The fault of a cursor that was not given by this API. */
export function foreignCursor(cause?: unknown): InvalidError {
  const message = 'the cursor was not given by this API';
  return new InvalidError(message, {
    hint: 'Begin without a cursor.',
    fields: [{ path: ['cursor'], message }],
    cause,
  });
}
