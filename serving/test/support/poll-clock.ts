/**
 * An alias that is polled every 59 seconds is read at second 0 and 59 of each minute. Waits until neither comes
 * within that many seconds, so that what is seen until then can't be the work of a poll.
 */
export async function awayFromThePoll(seconds: number): Promise<void> {
  const isNear = (): boolean => {
    const second = new Date().getSeconds();
    return second < 1 || second + seconds >= 58;
  };
  while (isNear()) await new Promise((resolve) => setTimeout(resolve, 100));
}
