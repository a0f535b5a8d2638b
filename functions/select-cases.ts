import { edge } from '../src/edge.ts';
import { selectCases } from '../src/use-cases/select-cases.ts';

export const handler = edge(selectCases);
