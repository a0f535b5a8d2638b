import { edge } from '../src/edge.ts';
import { checkManagedBackup } from '../src/use-cases/check-managed-backup.ts';

export const handler = edge(checkManagedBackup);
