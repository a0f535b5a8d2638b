import { edge } from '../src/edge.ts';
import { selectRestorePoints } from '../src/use-cases/select-restore-points.ts';

export const handler = edge(selectRestorePoints);
