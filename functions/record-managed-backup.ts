import { edge } from '../src/edge.ts';
import { recordManagedBackup } from '../src/use-cases/record-managed-backup.ts';

export const handler = edge(recordManagedBackup);
