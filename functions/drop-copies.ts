import { edge } from '../src/edge.ts';
import { dropCopies } from '../src/use-cases/drop-copies.ts';

export const handler = edge(dropCopies);
