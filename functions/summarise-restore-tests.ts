import { edge } from '../src/edge.ts';
import { summariseRestoreTests } from '../src/use-cases/summarise-restore-tests.ts';

export const handler = edge(summariseRestoreTests);
