import express from 'express';
import { Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import { loadChampion } from './champion.js';
import { serve } from './serve.js';

/** The idiomatic way: express.json, a zod schema from the signature, one run of the graph a request, prom-client. */
const champion = await loadChampion();
const { features } = champion.manifest!;
const instance = z.strictObject(
  Object.fromEntries(
    features.map(({ name, nullable, range }) => {
      let value = z.number();
      if (range?.min !== undefined) value = value.min(range.min);
      if (range?.max !== undefined) value = value.max(range.max);
      return [name, nullable ? value.nullable() : value];
    }),
  ),
);
const body = z.object({ instances: z.array(instance).min(1) });
const duration = new Histogram({
  name: 'duration_seconds',
  help: 'duration',
  labelNames: ['model_version'],
  registers: [new Registry()],
});

const app = express();
app.use(express.json({ limit: '16mb' }));
app.post('/predict', async (request, response) => {
  const end = duration.startTimer({ model_version: '1' });
  const parsed = body.safeParse(request.body);
  if (!parsed.success) {
    response.status(422).json(parsed.error.issues);
    return;
  }
  const { instances } = parsed.data;
  const columns = await champion.run(champion.encoder.encode(instances));
  const predictions = instances.map((_, row) =>
    Object.fromEntries(columns.map(({ name, data }) => [name, Number(data[row])])),
  );
  response.set('x-model-version', '1').json({ predictions, model_version: '1' });
  end();
});
serve(app);
