import { edge } from '../src/edge.ts';
import { selectSources } from '../src/use-cases/select-sources.ts';

export const handler = edge(selectSources);
