import { edge } from '../src/edge.ts';
import { deleteCopyObjects } from '../src/use-cases/delete-copy-objects.ts';

export const handler = edge(deleteCopyObjects);
