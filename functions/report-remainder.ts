import { edge } from '../src/edge.ts';
import { reportRemainder } from '../src/use-cases/report-remainder.ts';

export const handler = edge(reportRemainder);
