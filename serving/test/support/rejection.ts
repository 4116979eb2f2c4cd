type ErrorClass<T> = new (...args: never[]) => T;

function ensureInstance<T>(error: unknown, type: ErrorClass<T>): T {
  if (error instanceof type) return error;
  throw error;
}

/** What a promise is rejected with. Fails when it is fulfilled, or rejected with something else. */
export async function rejection<T>(promise: Promise<unknown>, type: ErrorClass<T>): Promise<T> {
  try {
    await promise;
  } catch (error) {
    return ensureInstance(error, type);
  }
  throw new Error(`Expected a rejection with ${type.name}, but the promise was fulfilled`);
}

/** What a function throws. Fails when it returns, or throws something else. */
export function thrown<T>(run: () => unknown, type: ErrorClass<T>): T {
  try {
    run();
  } catch (error) {
    return ensureInstance(error, type);
  }
  throw new Error(`Expected ${type.name} to be thrown, but nothing was`);
}
