import { edge } from '../src/edge.ts';
import { summariseBackup } from '../src/use-cases/summarise-backup.ts';

export const handler = edge(summariseBackup);
