import { edge } from '../src/edge.ts';
import { restoreIntoScratch } from '../src/use-cases/restore-into-scratch.ts';

export const handler = edge(restoreIntoScratch);
