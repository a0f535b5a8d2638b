import { edge } from '../src/edge.ts';
import { summariseExpiry } from '../src/use-cases/summarise-expiry.ts';

export const handler = edge(summariseExpiry);
