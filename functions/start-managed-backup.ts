import { edge } from '../src/edge.ts';
import { startManagedBackup } from '../src/use-cases/start-managed-backup.ts';

export const handler = edge(startManagedBackup);
