import { edge } from '../src/edge.ts';
import { summariseNotices } from '../src/use-cases/summarise-notices.ts';

export const handler = edge(summariseNotices);
