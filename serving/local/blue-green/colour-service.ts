import { mkdirSync } from 'node:fs';
import path from 'node:path';
import axios from 'axios';
import type { ScrapeTarget } from '../monitoring/scrape-targets.js';
import type { Command } from '../process-table.js';
import type { Secrets } from '../secrets.js';
import type { Service } from '../service.js';
import { ServingService } from '../serving-service.js';
import type { Settings } from '../settings.js';
import { commitOf, layOutRelease } from './release-sources.js';
import type { Colour } from './traffic-split.js';

/** A tier beside another one: the same registry, the same cache, ports and a release of its own. */
export class ColourService implements Service {
  readonly url: string;
  readonly scrape: ScrapeTarget;
  private readonly own: Settings['blueGreen']['colours'][Colour];

  constructor(
    readonly name: Colour,
    private readonly settings: Settings,
    private readonly secrets: Secrets,
  ) {
    this.own = settings.blueGreen.colours[name];
    this.url = `http://127.0.0.1:${this.own.port}`;
    this.scrape = { job: 'serving', port: this.own.managementPort };
  }

  prepare(): void {
    mkdirSync(this.settings.artifactCacheDir, { recursive: true });
    mkdirSync(this.settings.feedbackDir, { recursive: true });
  }

  command(): Command {
    const { settings, own } = this;
    const tier = new ServingService(settings, this.secrets).command();
    const program =
      own.commit === undefined
        ? tier
        : layOutRelease(
            settings.projectDir,
            path.join(settings.stateDir, 'blue-green', 'releases'),
            commitOf(settings.projectDir, own.commit),
          );
    return {
      ...tier,
      cwd: program.cwd,
      args: program.args,
      env: {
        ...tier.env,
        PORT: String(own.port),
        GRPC_PORT: String(own.grpcPort),
        MANAGEMENT_PORT: String(own.managementPort),
        RELEASE: own.release,
        // nginx, which says who has asked.
        TRUSTED_PROXIES: '127.0.0.1',
      },
    };
  }

  /** Without a champion it would get no traffic. */
  async missing(): Promise<string | undefined> {
    const { status } = await axios.get(`${this.url}/health/ready`, {
      timeout: 2_000,
      proxy: false,
      validateStatus: () => true,
    });
    return status === 200 ? undefined : 'a champion that it can load';
  }
}
