/** Does something with each item, so many at a time. The first fault is thrown when those under way have ended. */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnce: number,
  act: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const faults: unknown[] = [];
  const rest = [...items].entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest) {
      if (faults.length > 0) return;
      await act(item, index).catch((error: unknown) => faults.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (faults.length > 0) throw faults[0];
}
