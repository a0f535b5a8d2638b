import { edge } from '../src/edge.ts';
import { deleteLive } from '../src/use-cases/delete-live.ts';

export const handler = edge(deleteLive);
