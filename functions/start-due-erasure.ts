import { edge } from '../src/edge.ts';
import { startDueErasure } from '../src/use-cases/start-due-erasure.ts';

export const handler = edge(startDueErasure);
