import { InferenceSession } from '../../src/servables/onnxruntime.js';

type Create = (...args: unknown[]) => Promise<InferenceSession>;

/** Counts the runtime's sessions made and released from now until `restore`. */
export class SessionCounter {
  created = 0;
  released = 0;
  readonly #create = InferenceSession.create.bind(InferenceSession) as Create;

  constructor() {
    this.#replace(async (...args) => {
      const session = await this.#create(...args);
      this.created += 1;
      const release = session.release.bind(session);
      session.release = async () => {
        await release();
        this.released += 1;
      };
      return session;
    });
  }

  restore(): void {
    this.#replace(this.#create);
  }

  #replace(create: Create): void {
    Object.assign(InferenceSession, { create });
  }
}
