import { edge } from '../src/edge.ts';
import { condemnCopies } from '../src/use-cases/condemn-copies.ts';

export const handler = edge(condemnCopies);
