import { edge } from '../src/edge.ts';
import { releaseSource } from '../src/use-cases/release-source.ts';

export const handler = edge(releaseSource);
