import { edge } from '../src/edge.ts';
import { prepareSource } from '../src/use-cases/prepare-source.ts';

export const handler = edge(prepareSource);
