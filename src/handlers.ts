import type { Deps } from './deps.ts';
import type { EdgeHandler } from './edge.ts';
import type { Json } from './ports/table.ts';

/** The handler of a function as a definition names it: `BackUpShard` → `functions/back-up-shard.ts`, bound to its dependencies. */
export async function handlerOf(functionName: string, deps: Deps): Promise<(event: Json) => Promise<Json>> {
  const file = functionName.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
  const { handler } = (await import(new URL(`../functions/${file}.ts`, import.meta.url).href)) as {
    handler: EdgeHandler;
  };
  return async (event) => await handler(event, { deps });
}
