import { edge } from '../src/edge.ts';
import { recordRestoreTest } from '../src/use-cases/record-restore-test.ts';

export const handler = edge(recordRestoreTest);
