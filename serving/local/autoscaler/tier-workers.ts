import axios from 'axios';
import { z } from 'zod';

const status = z.looseObject({
  workers_wanted: z.number().int().positive(),
  workers: z.array(z.looseObject({ id: z.number().int(), serving: z.boolean() })),
});

const TIMEOUT_MS = 5_000;

export interface WorkersNow {
  readonly wanted: number;
  /** Of the processes that exist, those that start or end included. */
  readonly ids: readonly number[];
}

/** The workers of a tier, which stand in for replicas. */
export class TierWorkers {
  constructor(
    private readonly managementUrl: string,
    private readonly adminToken: string,
  ) {}

  async read(): Promise<WorkersNow> {
    const { data } = await axios.get<unknown>(`${this.managementUrl}/status`, {
      timeout: TIMEOUT_MS,
      proxy: false,
    });
    const { workers_wanted: wanted, workers } = status.parse(data);
    return { wanted, ids: workers.map(({ id }) => id) };
  }

  /** @throws when the tier refuses, with its reason */
  async resize(count: number): Promise<void> {
    const { status: code, data } = await axios.put<unknown>(
      `${this.managementUrl}/admin/workers`,
      { count },
      {
        headers: { authorization: `Bearer ${this.adminToken}` },
        timeout: TIMEOUT_MS,
        proxy: false,
        validateStatus: () => true,
      },
    );
    if (code !== 202) throw new Error(`The tier refuses ${count} workers: ${code} ${JSON.stringify(data)}`);
  }
}
