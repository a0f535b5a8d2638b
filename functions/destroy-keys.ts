import { edge } from '../src/edge.ts';
import { destroyKeys } from '../src/use-cases/destroy-keys.ts';

export const handler = edge(destroyKeys);
