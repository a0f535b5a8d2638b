import { edge } from '../src/edge.ts';
import { sendReport } from '../src/use-cases/send-report.ts';

export const handler = edge(sendReport);
