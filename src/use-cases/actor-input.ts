import { z } from 'zod';

/** Who acts; the edge has authenticated them. */
export const actorInput = z.object({
  kind: z.enum(['customer', 'finance', 'operator', 'system']),
  /** A person at a provider is named by the provider's address and an id of up to 200 characters. */
  id: z.string().min(1).max(1000),
});
