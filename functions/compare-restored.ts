import { edge } from '../src/edge.ts';
import { compareRestored } from '../src/use-cases/compare-restored.ts';

export const handler = edge(compareRestored);
