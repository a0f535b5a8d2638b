import { z } from 'zod';

/** Who acts; the edge has authenticated them. */
export const actorInput = z.object({
  kind: z.enum(['customer', 'finance', 'operator', 'system']),
  id: z.string().min(1).max(200),
});
