import { edge } from '../src/edge.ts';
import { deleteManagedCopies } from '../src/use-cases/delete-managed-copies.ts';

export const handler = edge(deleteManagedCopies);
