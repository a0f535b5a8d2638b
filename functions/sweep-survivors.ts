import { edge } from '../src/edge.ts';
import { sweepSurvivors } from '../src/use-cases/sweep-survivors.ts';

export const handler = edge(sweepSurvivors);
