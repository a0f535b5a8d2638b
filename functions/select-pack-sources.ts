import { edge } from '../src/edge.ts';
import { selectPackSources } from '../src/use-cases/select-pack-sources.ts';

export const handler = edge(selectPackSources);
