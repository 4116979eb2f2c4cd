import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express from 'express';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import { parseManifest } from '../../src/model-package/contract.js';
import { serve } from './serve.js';

/**
 * The idiomatic way in this tier's own language: express.json, a zod schema of the features, one run of the graph a
 * request, prom-client.
 */
const directory = process.argv[2];
if (directory === undefined) throw new Error('Expected the folder of a model package');
const { features } = parseManifest(await readFile(join(directory, 'manifest.json'), 'utf8'));
const session = await InferenceSession.create(join(directory, 'model.onnx'), { intraOpNumThreads: 1 });

const instance = z.strictObject(
  Object.fromEntries(
    features.map(({ name, range, categories }) => {
      const value = z
        .int()
        .min(range?.min ?? Number.MIN_SAFE_INTEGER)
        .max(range?.max ?? Number.MAX_SAFE_INTEGER);
      return [name, categories === undefined ? value : z.literal(categories as number[])];
    }),
  ),
);
const body = z.object({ instances: z.array(instance).min(1) });
const registry = new Registry();
const duration = new Histogram({
  name: 'prediction_duration_seconds',
  help: 'Time to answer',
  labelNames: ['model_version'],
  registers: [registry],
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
  const rows = instances.flatMap((row) => features.map(({ name }) => row[name]!));
  const { score, label } = await session.run({
    features: new Tensor('float32', rows, [instances.length, features.length]),
  });
  const predictions = instances.map((_, i) => ({ score: score!.data[i], label: Number(label!.data[i]) }));
  response.set('x-model-version', '1').json({ predictions, model_version: '1' });
  end();
});
app.get('/metrics', async (_, response) => {
  response.type(registry.contentType).send(await registry.metrics());
});
serve(app);
