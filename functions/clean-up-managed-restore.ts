import { edge } from '../src/edge.ts';
import { cleanUpManagedRestore } from '../src/use-cases/clean-up-managed-restore.ts';

export const handler = edge(cleanUpManagedRestore);
