import { edge } from '../src/edge.ts';
import { commitSnapshot } from '../src/use-cases/commit-snapshot.ts';

export const handler = edge(commitSnapshot);
