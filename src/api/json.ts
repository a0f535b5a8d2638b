import type { z } from '@hono/zod-openapi';

/** A JSON body or answer, as a route describes it. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}
