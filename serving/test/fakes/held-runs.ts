import { InferenceSession, type Tensor } from 'onnxruntime-node';

type Create = (...args: unknown[]) => Promise<InferenceSession>;
type Feeds = Readonly<Record<string, Tensor>>;

/** Has a hand on every call of the graphs that are loaded from now until `restore`, and sees what is computed. */
export class HeldRuns {
  /** The first value of every row that was computed, which tells rows apart. */
  readonly ran: unknown[] = [];
  /** What calls do instead of computing; undefined: they compute. */
  instead: (() => Promise<never>) | undefined;
  readonly #create = InferenceSession.create.bind(InferenceSession) as Create;
  #gate: Promise<void> | undefined;

  constructor() {
    this.#replace(async (...args) => {
      const session = await this.#create(...args);
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

  /** Calls wait from now on, each before it computes, until the returned function is called. */
  hold(): () => void {
    let open = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      open = () => {
        this.#gate = undefined;
        resolve();
      };
    });
    return open;
  }

  restore(): void {
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
