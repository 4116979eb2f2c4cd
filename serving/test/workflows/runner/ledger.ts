/** Which `run:` steps have been executed in this process: `file#job/index`, of an action `file#/index`. */
export const executed = new Set<string>();

export function stepKey(file: string, job: string, index: number): string {
  return `${file}#${job}/${index}`;
}
