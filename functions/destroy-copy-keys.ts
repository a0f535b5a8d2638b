import { edge } from '../src/edge.ts';
import { destroyCopyKeys } from '../src/use-cases/destroy-copy-keys.ts';

export const handler = edge(destroyCopyKeys);
