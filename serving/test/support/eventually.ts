const PAUSE_MS = 10;

/**
 * Waits for a condition: returns what `probe` returns as soon as it returns without throwing. The limit costs time only
 * where a test fails, so it is for a machine that is shared and stalls for seconds.
 * @throws what `probe` threw last, when the time is over
 */
export async function eventually<T>(probe: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
