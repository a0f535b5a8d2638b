import { edge } from '../src/edge.ts';
import { takeOut } from '../src/use-cases/take-out.ts';

export const handler = edge(takeOut);
