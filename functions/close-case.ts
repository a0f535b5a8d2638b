import { edge } from '../src/edge.ts';
import { closeCase } from '../src/use-cases/close-case.ts';

export const handler = edge(closeCase);
