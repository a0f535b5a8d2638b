import { edge } from '../src/edge.ts';
import { readPacks } from '../src/use-cases/read-packs.ts';

export const handler = edge(readPacks);
