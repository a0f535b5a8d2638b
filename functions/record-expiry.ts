import { edge } from '../src/edge.ts';
import { recordExpiry } from '../src/use-cases/record-expiry.ts';

export const handler = edge(recordExpiry);
