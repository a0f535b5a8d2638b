import { edge } from '../src/edge.ts';
import { registerOwnPlans } from '../src/use-cases/register-plans.ts';

export const handler = edge(registerOwnPlans);
