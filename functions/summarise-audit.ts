import { edge } from '../src/edge.ts';
import { summariseAudit } from '../src/use-cases/summarise-audit.ts';

export const handler = edge(summariseAudit);
