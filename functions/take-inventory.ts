import { edge } from '../src/edge.ts';
import { takeInventory } from '../src/use-cases/take-inventory.ts';

export const handler = edge(takeInventory);
