import { edge } from '../src/edge.ts';
import { cleanUpScratch } from '../src/use-cases/clean-up-scratch.ts';

export const handler = edge(cleanUpScratch);
