import axios from 'axios';
import { z } from 'zod';
import { messageOf, PlatformFailure } from '../failure.js';

const openApi = z.looseObject({
  paths: z.looseObject({
    '/predict': z.looseObject({
      post: z.looseObject({
        requestBody: z.looseObject({
          content: z.looseObject({
            'application/json': z.looseObject({
              examples: z.record(z.string(), z.looseObject({ value: z.unknown() })),
            }),
          }),
        }),
      }),
    }),
  }),
});

const byName = z.looseObject({ instances: z.array(z.record(z.string(), z.unknown())).min(1) });

/**
 * Rows that the served model takes, whatever it is: the examples of the tier's own description, as JSON.
 *
 * @param headers such as the host by which a gateway knows the tier
 * @throws {PlatformFailure} where the tier does not answer, or shows no rows (API_DOCS)
 */
export async function modelRows(
  servingUrl: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  try {
    const { data } = await axios.get<unknown>(`${servingUrl}/openapi.json`, {
      headers,
      timeout: 5_000,
      proxy: false,
    });
    const { examples } = openApi.parse(data).paths['/predict'].post.requestBody.content['application/json'];
    const rows = Object.values(examples).flatMap(({ value }) => {
      const read = byName.safeParse(value);
      return read.success ? read.data.instances : [];
    });
    if (rows.length === 0) throw new Error('it has no rows by feature name');
    return rows.map((row) => JSON.stringify(row));
  } catch (error) {
    throw new PlatformFailure(
      `No rows to send: ${servingUrl}/openapi.json can't be used: ${messageOf(error)}.`,
      'The tier must run, have a model, and show examples (API_DOCS=on).',
      { cause: error },
    );
  }
}
