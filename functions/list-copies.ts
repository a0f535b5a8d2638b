import { edge } from '../src/edge.ts';
import { listCopies } from '../src/use-cases/list-copies.ts';

export const handler = edge(listCopies);
