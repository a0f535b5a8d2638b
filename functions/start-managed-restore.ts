import { edge } from '../src/edge.ts';
import { startManagedRestore } from '../src/use-cases/start-managed-restore.ts';

export const handler = edge(startManagedRestore);
