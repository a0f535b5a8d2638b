import { edge } from '../src/edge.ts';
import { planShards } from '../src/use-cases/plan-shards.ts';

export const handler = edge(planShards);
