import { edge } from '../src/edge.ts';
import { backUpShard } from '../src/use-cases/back-up-shard.ts';

export const handler = edge(backUpShard);
