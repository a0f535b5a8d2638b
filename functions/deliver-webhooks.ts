import { edge } from '../src/edge.ts';
import { deliverWebhooks } from '../src/use-cases/deliver-webhooks.ts';

export const handler = edge(deliverWebhooks);
