import axios from 'axios';
import { EXIT } from '../../src/cli/exit-codes.js';
import type { History } from '../../src/cli/history.js';
import { GithubApi } from '../fakes/github-api.js';
import { servingCli, type CommandResult } from '../support/command.js';
import type { RegisteredVersion } from '../support/model-registrar.js';
import type { RealPackages } from '../support/model-packages.js';
import { useRealRegistry, type RealRegistry } from '../support/real-registry.js';
import { TierUnderTest } from '../support/tier-under-test.js';
import type { WorkflowRunOptions } from './runner/workflow-run.js';

/** A model in a real MLflow with a champion, and a tier that serves it: what workflows that move it act on. */
export class LiveModel {
  #tier: TierUnderTest | undefined;
  #github: GithubApi | undefined;

  constructor(
    readonly name: string,
    readonly real: RealRegistry,
  ) {}

  async start(): Promise<void> {
    const { version } = await this.registerBlessed('tensorA');
    const { exitCode, stderr } = await this.cli('promote', '--version', version, '--expect-champion', 'none');
    if (exitCode !== EXIT.ok) throw new Error(stderr);
    this.#github = await GithubApi.start();
    this.#tier = await TierUnderTest.startReady(undefined, {
      ...{ MLFLOW_TRACKING_URI: this.real.trackingUri, MODEL_NAME: this.name, POLL_INTERVAL_SECONDS: '1' },
    });
    // The first champion, too, is one to go back to.
    await this.cli(
      'promote',
      '--version',
      version,
      '--expect-champion',
      'none',
      '--wait',
      '--replicas',
      this.replicas,
    );
  }

  async stop(): Promise<void> {
    this.#github?.stop();
    await this.#tier?.stop();
  }

  get tier(): TierUnderTest {
    return this.#tier!;
  }

  get github(): GithubApi {
    return this.#github!;
  }

  get replicas(): string {
    return `http://127.0.0.1:${this.tier.tier.managementPort}`;
  }

  cli(command: string, ...args: string[]): Promise<CommandResult> {
    return servingCli([command, '--model', this.name, ...args, '--json'], {
      MLFLOW_TRACKING_URI: this.real.trackingUri,
    });
  }

  /** As the pipeline does: compared with the champion of this moment, and described. */
  async register(
    source: keyof RealPackages,
    tags: Readonly<Record<string, string>> = {},
  ): Promise<RegisteredVersion> {
    const made = await this.real.register(this.name, source);
    const champion =
      (await this.real.registry.getRegisteredModel(this.name)).aliases.get('champion') ?? 'none';
    for (const [key, value] of Object.entries({ compared_against: champion, ...tags })) {
      await this.real.registry.setModelVersionTag(this.name, made.version, key, value);
    }
    await axios.patch(
      `${this.real.trackingUri}/api/2.0/mlflow/model-versions/update`,
      { name: this.name, version: made.version, description: `**better** than champion ${champion}` },
      { proxy: false },
    );
    return made;
  }

  async registerBlessed(
    source: keyof RealPackages,
    tags?: Readonly<Record<string, string>>,
  ): Promise<RegisteredVersion> {
    const made = await this.register(source, tags);
    const { exitCode, stderr } = await this.cli('bless', '--version', made.version);
    if (exitCode !== EXIT.ok) throw new Error(stderr);
    return made;
  }

  async champion(): Promise<string | undefined> {
    return (await this.real.registry.getRegisteredModel(this.name)).aliases.get('champion');
  }

  async history(): Promise<History> {
    return JSON.parse((await this.cli('history')).stdout) as History;
  }

  /** What a run of a workflow needs to act on it. */
  runOptions(): Pick<WorkflowRunOptions, 'variables' | 'secrets'> & {
    readonly github: Record<string, string>;
  } {
    return {
      variables: { MLFLOW_TRACKING_URI: this.real.trackingUri, SERVING_REPLICAS: this.replicas },
      secrets: { MLFLOW_TRACKING_USERNAME: '', MLFLOW_TRACKING_PASSWORD: '', MLFLOW_TRACKING_TOKEN: '' },
      github: { api_url: this.github.url },
    };
  }
}

/** To be called in `describe`. */
export function useLiveModel(name: string): LiveModel {
  const model = new LiveModel(name, useRealRegistry());
  before(async function () {
    this.timeout(120_000);
    await model.start();
  });
  after(() => model.stop());
  return model;
}
