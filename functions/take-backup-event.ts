import { edge } from '../src/edge.ts';
import { takeBackupEvent } from '../src/use-cases/take-backup-event.ts';

export const handler = edge(takeBackupEvent);
