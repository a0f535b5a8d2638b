import { edge } from '../src/edge.ts';
import { freezeScope } from '../src/use-cases/freeze-scope.ts';

export const handler = edge(freezeScope);
