import { edge } from '../src/edge.ts';
import { validateManagedRestore } from '../src/use-cases/validate-managed-restore.ts';

export const handler = edge(validateManagedRestore);
