import { edge } from '../src/edge.ts';
import { gateErasure } from '../src/use-cases/gate-erasure.ts';

export const handler = edge(gateErasure);
