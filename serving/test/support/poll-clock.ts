/**
 * An alias that is polled every 59 seconds is read at second 0 and 59 of each minute. Waits until neither is near,
 * so that what is seen in the next seconds can't be the work of a poll.
 */
export async function awayFromThePoll(): Promise<void> {
  while (new Date().getSeconds() < 1 || new Date().getSeconds() > 50) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
