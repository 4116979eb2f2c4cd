import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DAGS_ROOT, trainingPython } from './training-environment.js';

/** How the training side's test support breaks a package. */
export type Break = 'truncated-onnx' | 'wrong-digest' | 'contract' | 'golden';

export interface Registration {
  /** Folder of the package. */
  readonly package: string;
  readonly model: string;
  readonly alias?: string;
  readonly break?: Break;
}

export interface RegisteredVersion {
  readonly version: string;
  readonly digest: string;
}

/** One line of JSON in, one out: Python imports MLflow once, which takes longer than a hundred registrations. */
const PROGRAM = `
import json, sys
from pathlib import Path
from tests.support.register import register_folder

answers, sys.stdout = sys.stdout, sys.stderr
print("ready", file=answers, flush=True)
for line in sys.stdin:
    wish = json.loads(line)
    made = register_folder(Path(wish["package"]), wish["model"], alias=wish.get("alias"), broken=wish.get("break"))
    print(json.dumps({"version": made.version, "digest": made.digest}), file=answers, flush=True)
`;

/** Registers packages as the training side does, in a real MLflow. */
export class ModelRegistrar {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string, undefined>;
  /** Resolves when Python has imported what it needs. */
  readonly ready: Promise<unknown>;

  private constructor(trackingUri: string) {
    this.#child = spawn(trainingPython(), ['-c', PROGRAM], {
      cwd: DAGS_ROOT,
      // Python's own errors are for whoever reads the test run.
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        MLFLOW_TRACKING_URI: trackingUri,
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: 'true',
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false',
      },
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    this.ready = this.#answers.next();
  }

  static start(trackingUri: string): ModelRegistrar {
    return new ModelRegistrar(trackingUri);
  }

  /** One at a time. */
  async register(registration: Registration): Promise<RegisteredVersion> {
    this.#child.stdin!.write(`${JSON.stringify(registration)}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error('Registering failed; Python says why above');
    return JSON.parse(answer.value) as RegisteredVersion;
  }

  stop(): void {
    this.#child.stdin!.end();
  }
}
