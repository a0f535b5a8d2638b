import { edge } from '../src/edge.ts';
import { recordFault } from '../src/use-cases/record-fault.ts';

export const handler = edge(recordFault);
