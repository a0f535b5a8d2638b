import { edge } from '../src/edge.ts';
import { overwritePass } from '../src/use-cases/overwrite-pass.ts';

export const handler = edge(overwritePass);
