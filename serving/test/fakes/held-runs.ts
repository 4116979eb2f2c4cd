import { InferenceSession, type Tensor } from '../../src/servables/onnxruntime.js';

type Create = (...args: unknown[]) => Promise<InferenceSession>;
type Feeds = Readonly<Record<string, Tensor>>;

/** Has a hand on calls of the graphs that are loaded from now until `restore`, and sees what they compute. */
export class HeldRuns {
  /** The first value of every row that was computed, which tells rows apart. */
  readonly ran: unknown[] = [];
  /** What calls answer, or how they fail, instead of computing; undefined: they compute. */
  instead: (() => InferenceSession.ReturnType) | undefined;
  readonly #create = InferenceSession.create.bind(InferenceSession) as Create;
  #gate: Promise<void> | undefined;
  #open: () => void = () => undefined;

  /** @param of which graphs, by the path of their file */
  constructor(of: (path: string) => boolean = () => true) {
    this.#replace(async (...args) => {
      const session = await this.#create(...args);
      if (!of(String(args[0]))) return session;
      const run: (feeds: Feeds) => Promise<InferenceSession.ReturnType> = session.run.bind(session);
      Object.assign(session, {
        run: async (feeds: Feeds) => {
          this.#note(feeds);
          await this.#gate;
          return this.instead === undefined ? run(feeds) : this.instead();
        },
      });
      return session;
    });
  }

  /** Calls wait from now on, each before it computes. */
  hold(): void {
    this.release();
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Those that wait compute, and so do all that follow. */
  release(): void {
    this.#open();
    this.#gate = undefined;
  }

  restore(): void {
    this.release();
    this.#replace(this.#create);
  }

  #note(feeds: Feeds): void {
    const [first] = Object.values(feeds);
    const rows = first?.dims[0] ?? 0;
    const values = first?.data as ArrayLike<unknown>;
    const width = values.length / rows;
    for (let row = 0; row < rows; row += 1) this.ran.push(values[row * width]);
  }

  #replace(create: Create): void {
    Object.assign(InferenceSession, { create });
  }
}
