import { edge } from '../src/edge.ts';
import { checkManagedRestore } from '../src/use-cases/check-managed-restore.ts';

export const handler = edge(checkManagedRestore);
